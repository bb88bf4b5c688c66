#include "normlab/nn/lstm.h"

#include "normlab/nn/lstm_batch.h"

namespace normlab {
namespace {

// Where a layer keeps more for backward, the last-level cache does not hold it until then, and forward writes
// the gates past the caches, which saves reading what they replace. With 32 MB of last-level cache, layers
// that keep 26, 46 and 92 MB became 2, 2 and 1 % faster (AVX2: 2, 1), one of 19 MB stayed as it was, those of
// 13 and 6 MB would be 3 and 5 % slower. Under `none`, which keeps less than half, streaming gained nothing.
constexpr Index streaming_bytes = Index{20} << 20;

}  // namespace

template <class T>
LstmInputs<T>::LstmInputs(Op<T>& op, const RecurrentSite<T>& site)
    : bias_ih(op, site.bias("bias_ih", 4 * site.spec.hidden)),
      bias_hh(op, site.plain_bias("bias_hh", 4 * site.spec.hidden)),
      gain_ih(op, site.gain("gain_ih", 4 * site.spec.hidden)),
      gain_hh(op, site.gain("gain_hh", 4 * site.spec.hidden)),
      gain_cell(op, site.gain("gain_c", site.spec.hidden)),
      bias_cell(op, site.centre("bias_c", site.spec.hidden)),
      carried_cell(site.carried("cell")) {}

template <class T>
Lstm<T>::Lstm(const RecurrentLinks<T>& links, const RecurrentSite<T>& site)
    : RecurrentOp<T>(links, 4, site.normalizes() ? SummedInputs::apart : SummedInputs::together),
      parameters_(*this, site),
      norm_(site.row_norm()),
      epsilon_(static_cast<T>(site.norm.epsilon)),
      bias_({4 * this->hidden_}),
      cell_({this->kept_steps(), this->batch_, this->hidden_}),
      tanh_cell_({this->kept_steps(), this->batch_, this->hidden_}),
      initial_cell_({this->batch_, this->hidden_}) {
  const Index width = 4 * this->hidden_;
  if (norm_ != RowNorm::none) {
    normalized_gates_ = Tensor<T>({this->kept_steps(), this->batch_, width});
    const auto rows = static_cast<std::size_t>(this->kept_steps() * this->batch_);
    for (auto* scaling : {&input_scaling_, &recurrent_scaling_, &cell_scaling_}) scaling->resize(rows);
    streaming_ = this->training() && this->kept_elements() * Index{sizeof(T)} > streaming_bytes;
  }
  if (!this->training()) return;
  dcell_ = Tensor<T>({this->batch_, this->hidden_});
  dbias_ = ThreadSums<T>(width);
  if (norm_ == RowNorm::none) return;
  dgain_ih_ = ThreadSums<T>(width);
  dgain_hh_ = ThreadSums<T>(width);
  dgain_cell_ = ThreadSums<T>(this->hidden_);
  dbias_cell_ = ThreadSums<T>(this->hidden_);
}

template <class T>
Index Lstm<T>::kept_by_cell() const {
  const auto scalings = static_cast<Index>(3 * input_scaling_.size() * sizeof(RowScaling<T>) / sizeof(T));
  return normalized_gates_.size() + cell_.size() + tanh_cell_.size() + scalings;
}

template <class T>
T* Lstm<T>::gates(Index step) {
  return norm_ == RowNorm::none ? this->input(step) : at_step(normalized_gates_, step);
}

template <class T>
void Lstm<T>::start_forward() {
  if (parameters_.carried_cell != nullptr) initial_cell_.copy_from(*parameters_.carried_cell);
  bias_.copy_from(parameters_.bias_ih.tensor());
  if (!parameters_.bias_hh) return;
  for (Index i = 0; i < bias_.size(); ++i) bias_[i] += parameters_.bias_hh.data()[i];
}

template <class T>
void Lstm<T>::step_forward(Index step) {
  const bool plain = norm_ == RowNorm::none;
  const Index hidden = this->hidden_;
  this->for_rows([&](Index first, Index rows, int) {
    const Index wide = first * 4 * hidden;
    const Index narrow = first * hidden;
    const Index row = scaling_row(step) + first;
    LstmForward<T> a{};
    a.norm = norm_;
    a.gates = gates(step) + wide;
    a.bias = bias_.data();
    if (!plain) {
      a.input = this->input(step) + wide;
      a.recurrent = this->recurrent(step) + wide;
      a.gain_ih = parameters_.gain_ih.data();
      a.gain_hh = parameters_.gain_hh.data();
      a.gain_cell = parameters_.gain_cell.data();
      if (parameters_.bias_cell) a.bias_cell = parameters_.bias_cell.data();
      a.input_scaling = input_scaling_.data() + row;
      a.recurrent_scaling = recurrent_scaling_.data() + row;
      a.cell_scaling = cell_scaling_.data() + row;
      a.streaming = streaming_;
    }
    a.previous_cell = previous_cell(step) + narrow;
    a.cell = at_step(cell_, step) + narrow;
    a.tanh_cell = at_step(tanh_cell_, step) + narrow;
    a.hidden_state = this->hidden(step) + narrow;
    a.rows = rows;
    a.hidden = hidden;
    a.epsilon = epsilon_;
    lstm_forward(a);
  });
}

template <class T>
void Lstm<T>::finish_forward() {
  if (parameters_.carried_cell == nullptr) return;
  std::copy_n(at_step(cell_, this->steps_ - 1), initial_cell_.size(), parameters_.carried_cell->data());
}

template <class T>
void Lstm<T>::start_backward() {
  dcell_.fill(T(0));
  for (auto* sums : {&dbias_, &dgain_ih_, &dgain_hh_, &dgain_cell_, &dbias_cell_}) sums->clear();
}

template <class T>
void Lstm<T>::step_backward(Index step) {
  const bool plain = norm_ == RowNorm::none;
  const Index hidden = this->hidden_;
  this->for_rows([&](Index first, Index rows, int thread) {
    const Index wide = first * 4 * hidden;
    const Index narrow = first * hidden;
    const Index row = scaling_row(step) + first;
    LstmBackward<T> a{};
    a.norm = norm_;
    a.dhidden = this->dhidden(step) + narrow;
    a.dcell = dcell_.data() + narrow;
    a.gates = gates(step) + wide;
    a.cell = at_step(cell_, step) + narrow;
    a.tanh_cell = at_step(tanh_cell_, step) + narrow;
    a.previous_cell = previous_cell(step) + narrow;
    a.dinput = this->dinput(step) + wide;
    a.dbias = dbias_.part(thread);
    if (!plain) {
      a.input = this->input(step) + wide;
      a.recurrent = this->recurrent(step) + wide;
      a.drecurrent = this->drecurrent(step) + wide;
      a.gain_ih = parameters_.gain_ih.data();
      a.gain_hh = parameters_.gain_hh.data();
      a.gain_cell = parameters_.gain_cell.data();
      a.input_scaling = input_scaling_.data() + row;
      a.recurrent_scaling = recurrent_scaling_.data() + row;
      a.cell_scaling = cell_scaling_.data() + row;
      a.dgain_ih = dgain_ih_.part(thread);
      a.dgain_hh = dgain_hh_.part(thread);
      a.dgain_cell = dgain_cell_.part(thread);
      a.dbias_cell = dbias_cell_.part(thread);
    }
    a.rows = rows;
    a.hidden = hidden;
    lstm_backward(a);
  });
}

template <class T>
void Lstm<T>::finish_backward() {
  dbias_.total(parameters_.bias_ih.gradient());
  if (parameters_.bias_hh) dbias_.total(parameters_.bias_hh.gradient());
  if (norm_ == RowNorm::none) return;
  dgain_ih_.total(parameters_.gain_ih.gradient());
  dgain_hh_.total(parameters_.gain_hh.gradient());
  dgain_cell_.total(parameters_.gain_cell.gradient());
  if (parameters_.bias_cell) dbias_cell_.total(parameters_.bias_cell.gradient());
}

template <class T>
void add_lstm(const RecurrentSite<T>& site, const RecurrentLinks<T>& links) {
  if (site.per_column()) {
    site.graph.template add<BatchNormLstm<T>>(links, site);
  } else {
    site.graph.template add<Lstm<T>>(links, site);
  }
}

template struct LstmInputs<float>;
template class Lstm<float>;
template void add_lstm(const RecurrentSite<float>&, const RecurrentLinks<float>&);
#if NORMLAB_WITH_DOUBLE
template struct LstmInputs<double>;
template class Lstm<double>;
template void add_lstm(const RecurrentSite<double>&, const RecurrentLinks<double>&);
#endif

}  // namespace normlab
