#include "normlab/nn/recurrent/tanh_rnn.h"

namespace normlab {
namespace {

// Per column the two products have statistics of their own, as in the other cells.
template <class T>
SummedInputs summed_inputs_of(const RecurrentSite<T>& site) {
  return site.per_column() ? SummedInputs::apart : SummedInputs::together;
}

template <class T>
MatrixSpec input_spec(const RecurrentSite<T>& site) {
  return {.name = "ih",
          .gain = site.per_column() ? "gain_ih" : "gain",
          .alpha = "alpha",
          .width = site.spec.hidden};
}

template <class T>
MatrixSpec recurrent_spec(const RecurrentSite<T>& site) {
  return {.name = "hh", .gain = site.per_column() ? "gain_hh" : "", .width = site.spec.hidden};
}

template <class T>
const char* bias_name(const RecurrentSite<T>& site) {
  return site.normalizes() && !site.per_column() ? "bias" : "bias_ih";
}

}  // namespace

template <class T>
TanhRnn<T>::TanhRnn(const RecurrentLinks<T>& links, const RecurrentSite<T>& site)
    : RecurrentOp<T>(site.op_name("tanh rnn"), links, site.cell_norm(), 1, summed_inputs_of(site)),
      input_(*this, site, input_spec(site)),
      recurrent_(*this, site, recurrent_spec(site)),
      bias_(*this, site, bias_name(site), this->hidden_, this->hidden_) {}

template <class T>
void TanhRnn<T>::step_forward(Index step) {
  this->for_parts([&](const CellPart& part, int) {
    tanh_cell_forward(TanhCellForward<T>{.norm = this->norm_,
                                         .input = input_.at(step, this->input(step)),
                                         .recurrent = recurrent_.at(step, this->recurrent(step)),
                                         .bias = bias_.data(),
                                         .hidden_state = this->hidden(step),
                                         .rows = this->batch_,
                                         .hidden = this->hidden_,
                                         .part = part});
  });
}

template <class T>
void TanhRnn<T>::start_backward() {
  bias_.clear();
  input_.clear();
  recurrent_.clear();
}

template <class T>
void TanhRnn<T>::step_backward(Index step) {
  this->for_parts([&](const CellPart& part, int thread) {
    tanh_cell_backward(TanhCellBackward<T>{.norm = this->norm_,
                                           .input = input_.at(step, this->input(step)),
                                           .recurrent = recurrent_.at(step, this->recurrent(step)),
                                           .hidden_state = this->hidden(step),
                                           .dhidden = this->dhidden(step),
                                           .dinput = input_.gradient(thread, this->dinput(step)),
                                           .drecurrent = recurrent_.gradient(thread, this->drecurrent(step)),
                                           .dbias = bias_.sum(thread),
                                           .rows = this->batch_,
                                           .hidden = this->hidden_,
                                           .part = part});
  });
}

template <class T>
void TanhRnn<T>::finish_backward() {
  bias_.total();
  input_.total();
  recurrent_.total();
}

template class TanhRnn<float>;
#if NORMLAB_WITH_DOUBLE
template class TanhRnn<double>;
#endif

}  // namespace normlab
