#include "normlab/nn/gru_batch.h"

namespace normlab {

template <class T>
BatchNormGru<T>::BatchNormGru(const RecurrentLinks<T>& links, const RecurrentSite<T>& site)
    : RecurrentOp<T>(links, 3, SummedInputs::apart),
      parameters_(*this, site),
      input_norm_(site, "ih", 3 * this->hidden_),
      recurrent_norm_(site, "hh", 3 * this->hidden_),
      settings_(column_norm_settings(site)),
      normalized_gates_({this->kept_steps(), this->batch_, 4 * this->hidden_}) {}

template <class T>
void BatchNormGru<T>::step_forward(Index step) {
  this->for_units([&](Index begin, Index end) {
    gru_batch_forward(GruBatchForward<T>{.input = this->input(step),
                                         .recurrent = this->recurrent(step),
                                         .gates = at_step(normalized_gates_, step),
                                         .gain_ih = parameters_.gain_ih.data(),
                                         .gain_hh = parameters_.gain_hh.data(),
                                         .bias = parameters_.bias_ih.data(),
                                         .bias_hn = parameters_.bias_hn.data(),
                                         .previous_hidden = this->previous_hidden(step),
                                         .hidden_state = this->hidden(step),
                                         .input_norm = input_norm_.at(step),
                                         .recurrent_norm = recurrent_norm_.at(step),
                                         .settings = settings_,
                                         .rows = this->batch_,
                                         .hidden = this->hidden_,
                                         .begin = begin,
                                         .end = end});
  });
}

template <class T>
void BatchNormGru<T>::start_backward() {
  for (Input<T>* parameter :
       {&parameters_.bias_ih, &parameters_.bias_hn, &parameters_.gain_ih, &parameters_.gain_hh})
    std::fill_n(parameter->gradient(), parameter->size(), T(0));
}

template <class T>
void BatchNormGru<T>::step_backward(Index step) {
  this->for_units([&](Index begin, Index end) {
    gru_batch_backward(GruBatchBackward<T>{.dhidden = this->dhidden(step),
                                           .previous_hidden = this->previous_hidden(step),
                                           .dprevious_hidden = step > 0 ? this->dhidden(step - 1) : nullptr,
                                           .gates = at_step(normalized_gates_, step),
                                           .input = this->input(step),
                                           .recurrent = this->recurrent(step),
                                           .dinput = this->dinput(step),
                                           .drecurrent = this->drecurrent(step),
                                           .gain_ih = parameters_.gain_ih.data(),
                                           .gain_hh = parameters_.gain_hh.data(),
                                           .dbias = parameters_.bias_ih.gradient(),
                                           .dgain_ih = parameters_.gain_ih.gradient(),
                                           .dgain_hh = parameters_.gain_hh.gradient(),
                                           .dbias_hn = parameters_.bias_hn.gradient(),
                                           .input_norm = input_norm_.at(step),
                                           .recurrent_norm = recurrent_norm_.at(step),
                                           .rows = this->batch_,
                                           .hidden = this->hidden_,
                                           .begin = begin,
                                           .end = end});
  });
}

template class BatchNormGru<float>;
#if NORMLAB_WITH_DOUBLE
template class BatchNormGru<double>;
#endif

}  // namespace normlab
