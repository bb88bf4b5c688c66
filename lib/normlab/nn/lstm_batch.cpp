#include "normlab/nn/lstm_batch.h"

namespace normlab {

template <class T>
BatchNormLstm<T>::BatchNormLstm(const RecurrentLinks<T>& links, const RecurrentSite<T>& site)
    : RecurrentOp<T>(links, 4, SummedInputs::apart),
      parameters_(*this, site),
      input_norm_(site, "ih", 4 * this->hidden_),
      recurrent_norm_(site, "hh", 4 * this->hidden_),
      cell_norm_(site, "c", this->hidden_),
      settings_(column_norm_settings(site)),
      normalized_gates_({this->kept_steps(), this->batch_, 4 * this->hidden_}),
      cell_({this->kept_steps(), this->batch_, this->hidden_}),
      tanh_cell_({this->kept_steps(), this->batch_, this->hidden_}),
      initial_cell_({this->batch_, this->hidden_}) {
  if (this->training()) dcell_ = Tensor<T>({this->batch_, this->hidden_});
}

template <class T>
void BatchNormLstm<T>::start_forward() {
  if (parameters_.carried_cell != nullptr) initial_cell_.copy_from(*parameters_.carried_cell);
}

template <class T>
void BatchNormLstm<T>::step_forward(Index step) {
  this->for_units([&](Index begin, Index end) {
    lstm_batch_forward(LstmBatchForward<T>{.input = this->input(step),
                                           .recurrent = this->recurrent(step),
                                           .gates = at_step(normalized_gates_, step),
                                           .gain_ih = parameters_.gain_ih.data(),
                                           .gain_hh = parameters_.gain_hh.data(),
                                           .bias = parameters_.bias_ih.data(),
                                           .gain_cell = parameters_.gain_cell.data(),
                                           .bias_cell = parameters_.bias_cell.data(),
                                           .previous_cell = previous_cell(step),
                                           .cell = at_step(cell_, step),
                                           .tanh_cell = at_step(tanh_cell_, step),
                                           .hidden_state = this->hidden(step),
                                           .input_norm = input_norm_.at(step),
                                           .recurrent_norm = recurrent_norm_.at(step),
                                           .cell_norm = cell_norm_.at(step),
                                           .settings = settings_,
                                           .rows = this->batch_,
                                           .hidden = this->hidden_,
                                           .begin = begin,
                                           .end = end});
  });
}

template <class T>
void BatchNormLstm<T>::finish_forward() {
  if (parameters_.carried_cell == nullptr) return;
  std::copy_n(at_step(cell_, this->steps_ - 1), initial_cell_.size(), parameters_.carried_cell->data());
}

template <class T>
void BatchNormLstm<T>::start_backward() {
  dcell_.fill(T(0));
  for (Input<T>* parameter : {&parameters_.bias_ih, &parameters_.gain_ih, &parameters_.gain_hh,
                              &parameters_.gain_cell, &parameters_.bias_cell})
    std::fill_n(parameter->gradient(), parameter->size(), T(0));
}

template <class T>
void BatchNormLstm<T>::step_backward(Index step) {
  this->for_units([&](Index begin, Index end) {
    lstm_batch_backward(LstmBatchBackward<T>{.dhidden = this->dhidden(step),
                                             .dcell = dcell_.data(),
                                             .gates = at_step(normalized_gates_, step),
                                             .input = this->input(step),
                                             .recurrent = this->recurrent(step),
                                             .dinput = this->dinput(step),
                                             .drecurrent = this->drecurrent(step),
                                             .cell = at_step(cell_, step),
                                             .tanh_cell = at_step(tanh_cell_, step),
                                             .previous_cell = previous_cell(step),
                                             .gain_ih = parameters_.gain_ih.data(),
                                             .gain_hh = parameters_.gain_hh.data(),
                                             .gain_cell = parameters_.gain_cell.data(),
                                             .dbias = parameters_.bias_ih.gradient(),
                                             .dgain_ih = parameters_.gain_ih.gradient(),
                                             .dgain_hh = parameters_.gain_hh.gradient(),
                                             .dgain_cell = parameters_.gain_cell.gradient(),
                                             .dbias_cell = parameters_.bias_cell.gradient(),
                                             .input_norm = input_norm_.at(step),
                                             .recurrent_norm = recurrent_norm_.at(step),
                                             .cell_norm = cell_norm_.at(step),
                                             .rows = this->batch_,
                                             .hidden = this->hidden_,
                                             .begin = begin,
                                             .end = end});
  });
}

template class BatchNormLstm<float>;
#if NORMLAB_WITH_DOUBLE
template class BatchNormLstm<double>;
#endif

}  // namespace normlab
