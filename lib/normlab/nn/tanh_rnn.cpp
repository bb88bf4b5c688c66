#include "normlab/nn/tanh_rnn.h"

#include "normlab/nn/tanh_rnn_batch.h"

namespace normlab {

template <class T>
TanhRnnInputs<T>::TanhRnnInputs(Op<T>& op, const RecurrentSite<T>& site)
    : gain(op, site.per_column() ? nullptr : site.gain("gain", site.spec.hidden)),
      gain_ih(op, site.per_column() ? site.gain("gain_ih", site.spec.hidden) : nullptr),
      gain_hh(op, site.per_column() ? site.gain("gain_hh", site.spec.hidden) : nullptr),
      bias_ih(op, site.bias(site.row_norm() == RowNorm::none ? "bias_ih" : "bias", site.spec.hidden)),
      bias_hh(op, site.plain_bias("bias_hh", site.spec.hidden)) {}

template <class T>
TanhRnn<T>::TanhRnn(const RecurrentLinks<T>& links, const RecurrentSite<T>& site)
    : RecurrentOp<T>(links, 1, SummedInputs::together),
      parameters_(*this, site),
      norm_(site.row_norm()),
      epsilon_(static_cast<T>(site.norm.epsilon)),
      bias_({this->hidden_}) {
  if (norm_ != RowNorm::none) scaling_.resize(static_cast<std::size_t>(this->kept_steps() * this->batch_));
  if (!this->training()) return;
  dbias_ = ThreadSums<T>(this->hidden_);
  if (norm_ != RowNorm::none) dgain_ = ThreadSums<T>(this->hidden_);
}

template <class T>
void TanhRnn<T>::start_forward() {
  bias_.copy_from(parameters_.bias_ih.tensor());
  if (!parameters_.bias_hh) return;
  for (Index i = 0; i < bias_.size(); ++i) bias_[i] += parameters_.bias_hh.data()[i];
}

template <class T>
void TanhRnn<T>::step_forward(Index step) {
  const Index hidden = this->hidden_;
  this->for_rows([&](Index first, Index rows, int) {
    TanhCellForward<T> a{};
    a.norm = norm_;
    a.summed = this->input(step) + first * hidden;
    a.bias = bias_.data();
    if (norm_ != RowNorm::none) {
      a.gain = parameters_.gain.data();
      a.scaling = scaling(step, first);
    }
    a.hidden_state = this->hidden(step) + first * hidden;
    a.rows = rows;
    a.hidden = hidden;
    a.epsilon = epsilon_;
    tanh_cell_forward(a);
  });
}

template <class T>
void TanhRnn<T>::start_backward() {
  dbias_.clear();
  dgain_.clear();
}

template <class T>
void TanhRnn<T>::step_backward(Index step) {
  const Index hidden = this->hidden_;
  this->for_rows([&](Index first, Index rows, int thread) {
    TanhCellBackward<T> a{};
    a.norm = norm_;
    a.hidden_state = this->hidden(step) + first * hidden;
    a.dhidden = this->dhidden(step) + first * hidden;
    a.summed = this->input(step) + first * hidden;
    a.dsummed = this->dinput(step) + first * hidden;
    a.dbias = dbias_.part(thread);
    if (norm_ != RowNorm::none) {
      a.gain = parameters_.gain.data();
      a.scaling = scaling(step, first);
      a.dgain = dgain_.part(thread);
    }
    a.rows = rows;
    a.hidden = hidden;
    tanh_cell_backward(a);
  });
}

template <class T>
void TanhRnn<T>::finish_backward() {
  dbias_.total(parameters_.bias_ih.gradient());
  if (parameters_.bias_hh) dbias_.total(parameters_.bias_hh.gradient());
  if (parameters_.gain) dgain_.total(parameters_.gain.gradient());
}

template <class T>
void add_tanh_rnn(const RecurrentSite<T>& site, const RecurrentLinks<T>& links) {
  if (site.per_column()) {
    site.graph.template add<BatchNormTanhRnn<T>>(links, site);
  } else {
    site.graph.template add<TanhRnn<T>>(links, site);
  }
}

template struct TanhRnnInputs<float>;
template class TanhRnn<float>;
template void add_tanh_rnn(const RecurrentSite<float>&, const RecurrentLinks<float>&);
#if NORMLAB_WITH_DOUBLE
template struct TanhRnnInputs<double>;
template class TanhRnn<double>;
template void add_tanh_rnn(const RecurrentSite<double>&, const RecurrentLinks<double>&);
#endif

}  // namespace normlab
