#include "normlab/nn/recurrent/lstm.h"

namespace normlab {
namespace {

// Where a layer keeps more for backward, the last-level cache does not hold it until then, and forward writes
// the gates past the caches, which saves reading what they replace. With 32 MB of last-level cache, layers
// that keep 26, 46 and 92 MB became 2, 2 and 1 % faster (AVX2: 2, 1), one of 19 MB stayed as it was, those of
// 13 and 6 MB would be 3 and 5 % slower. Under `none`, which keeps less than half, streaming gained nothing.
constexpr Index streaming_bytes = Index{20} << 20;

}  // namespace

template <class T>
Lstm<T>::Lstm(const RecurrentLinks<T>& links, const RecurrentSite<T>& site)
    : RecurrentOp<T>(site.op_name("lstm"), links, site.cell_norm(), 4,
                     site.normalizes() ? SummedInputs::apart : SummedInputs::together),
      bias_(*this, site, "bias_ih", 4 * this->hidden_, 4 * this->hidden_),
      input_(*this, site, {.name = "ih", .gain = "gain_ih", .alpha = "alpha_ih", .width = 4 * this->hidden_}),
      recurrent_(*this, site,
                 {.name = "hh", .gain = "gain_hh", .alpha = "alpha_hh", .width = 4 * this->hidden_}),
      cell_(*this, site, {.name = "c", .gain = "gain_c", .alpha = "alpha_c", .width = this->hidden_}),
      bias_cell_(*this, site, site.centre("bias_c", this->hidden_), this->hidden_, T(0)),
      carried_cell_(site.carried("cell")),
      cell_state_({this->kept_steps(), this->batch_, this->hidden_}),
      tanh_cell_({this->kept_steps(), this->batch_, this->hidden_}),
      initial_cell_({this->batch_, this->hidden_}) {
  if (!this->plain()) normalized_gates_ = Tensor<T>({this->kept_steps(), this->batch_, 4 * this->hidden_});
  if (this->training()) dcell_ = Tensor<T>({this->batch_, this->hidden_});
  streaming_ = this->training() && this->norm_.side == CellSide::per_row &&
               this->kept_elements() * Index{sizeof(T)} > streaming_bytes;
}

template <class T>
Index Lstm<T>::kept_by_cell() const {
  return normalized_gates_.size() + cell_state_.size() + tanh_cell_.size() + input_.kept_elements() +
         recurrent_.kept_elements() + cell_.kept_elements();
}

template <class T>
LstmState<T> Lstm<T>::state(Index step) {
  return {.gates = this->plain() ? this->input(step) : at_step(normalized_gates_, step),
          .tanh_cell = at_step(tanh_cell_, step),
          .previous_cell = step > 0 ? at_step(cell_state_, step - 1) : initial_cell_.data()};
}

template <class T>
void Lstm<T>::start_forward() {
  if (carried_cell_ != nullptr) initial_cell_.copy_from(*carried_cell_);
  bias_.start_forward();
}

template <class T>
void Lstm<T>::step_forward(Index step) {
  this->for_parts([&](const CellPart& part, int) {
    lstm_forward(LstmForward<T>{.norm = this->norm_,
                                .input = input_.at(step, this->input(step)),
                                .recurrent = recurrent_.at(step, this->recurrent(step)),
                                .cell = cell_.at(step, at_step(cell_state_, step)),
                                .bias = bias_.data(),
                                .bias_cell = bias_cell_.data(),
                                .state = state(step),
                                .hidden_state = this->hidden(step),
                                .rows = this->batch_,
                                .hidden = this->hidden_,
                                .part = part,
                                .streaming = streaming_});
  });
}

template <class T>
void Lstm<T>::finish_forward() {
  if (carried_cell_ == nullptr) return;
  std::copy_n(at_step(cell_state_, this->steps_ - 1), initial_cell_.size(), carried_cell_->data());
}

template <class T>
void Lstm<T>::start_backward() {
  dcell_.fill(T(0));
  bias_.clear();
  for (auto* matrix : {&input_, &recurrent_, &cell_}) matrix->clear();
  bias_cell_.clear();
}

template <class T>
void Lstm<T>::step_backward(Index step) {
  this->for_parts([&](const CellPart& part, int thread) {
    lstm_backward(LstmBackward<T>{.norm = this->norm_,
                                  .input = input_.at(step, this->input(step)),
                                  .recurrent = recurrent_.at(step, this->recurrent(step)),
                                  .cell = cell_.at(step, at_step(cell_state_, step)),
                                  .state = state(step),
                                  .dhidden = this->dhidden(step),
                                  .dinput = input_.gradient(thread, this->dinput(step)),
                                  .drecurrent = recurrent_.gradient(thread, this->drecurrent(step)),
                                  .dcell = cell_.gradient(thread, dcell_.data()),
                                  .dbias = bias_.sum(thread),
                                  .dbias_cell = bias_cell_.sum(thread),
                                  .rows = this->batch_,
                                  .hidden = this->hidden_,
                                  .part = part});
  });
}

template <class T>
void Lstm<T>::finish_backward() {
  bias_.total();
  for (auto* matrix : {&input_, &recurrent_, &cell_}) matrix->total();
  bias_cell_.total();
}

template class Lstm<float>;
#if NORMLAB_WITH_DOUBLE
template class Lstm<double>;
#endif

}  // namespace normlab
