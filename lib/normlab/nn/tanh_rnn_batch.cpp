#include "normlab/nn/tanh_rnn_batch.h"

namespace normlab {

template <class T>
BatchNormTanhRnn<T>::BatchNormTanhRnn(const RecurrentLinks<T>& links, const RecurrentSite<T>& site)
    : RecurrentOp<T>(links, 1, SummedInputs::apart),
      parameters_(*this, site),
      input_norm_(site, "ih", this->hidden_),
      recurrent_norm_(site, "hh", this->hidden_),
      settings_(column_norm_settings(site)) {}

template <class T>
void BatchNormTanhRnn<T>::step_forward(Index step) {
  this->for_units([&](Index begin, Index end) {
    tanh_cell_batch_forward(TanhCellBatchForward<T>{.input = this->input(step),
                                                    .recurrent = this->recurrent(step),
                                                    .gain_ih = parameters_.gain_ih.data(),
                                                    .gain_hh = parameters_.gain_hh.data(),
                                                    .bias = parameters_.bias_ih.data(),
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
void BatchNormTanhRnn<T>::start_backward() {
  for (Input<T>* parameter : {&parameters_.bias_ih, &parameters_.gain_ih, &parameters_.gain_hh})
    std::fill_n(parameter->gradient(), parameter->size(), T(0));
}

template <class T>
void BatchNormTanhRnn<T>::step_backward(Index step) {
  this->for_units([&](Index begin, Index end) {
    tanh_cell_batch_backward(TanhCellBatchBackward<T>{.hidden_state = this->hidden(step),
                                                      .dhidden = this->dhidden(step),
                                                      .input = this->input(step),
                                                      .recurrent = this->recurrent(step),
                                                      .dinput = this->dinput(step),
                                                      .drecurrent = this->drecurrent(step),
                                                      .gain_ih = parameters_.gain_ih.data(),
                                                      .gain_hh = parameters_.gain_hh.data(),
                                                      .dgain_ih = parameters_.gain_ih.gradient(),
                                                      .dgain_hh = parameters_.gain_hh.gradient(),
                                                      .dbias = parameters_.bias_ih.gradient(),
                                                      .input_norm = input_norm_.at(step),
                                                      .recurrent_norm = recurrent_norm_.at(step),
                                                      .rows = this->batch_,
                                                      .hidden = this->hidden_,
                                                      .begin = begin,
                                                      .end = end});
  });
}

template class BatchNormTanhRnn<float>;
#if NORMLAB_WITH_DOUBLE
template class BatchNormTanhRnn<double>;
#endif

}  // namespace normlab
