#include "normlab/nn/tanh_rnn.h"

#include "normlab/nn/tanh_rnn_batch.h"

namespace normlab {

template <class T>
TanhRnn<T>::TanhRnn(const RecurrentLinks<T>& links, const TanhRnnParameters<T>& parameters, RowNorm norm,
                    double epsilon)
    : RecurrentOp<T>(links, 1, SummedInputs::together),
      parameters_(*this, parameters),
      norm_(norm),
      epsilon_(static_cast<T>(epsilon)),
      bias_({this->hidden_}) {
  if (norm != RowNorm::none) scaling_.resize(static_cast<std::size_t>(this->kept_steps() * this->batch_));
  if (!this->training()) return;
  dbias_ = ThreadSums<T>(this->hidden_);
  if (norm != RowNorm::none) dgain_ = ThreadSums<T>(this->hidden_);
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
  const Index hidden = site.spec.hidden;
  const RowNorm norm = site.row_norm();
  TanhRnnParameters<T> p;
  if (site.per_column()) {
    p.gain_ih = &site.gain("gain_ih", hidden);
    p.gain_hh = &site.gain("gain_hh", hidden);
    p.bias_ih = &site.norm_bias("bias_ih", hidden);
    site.graph.template add<BatchNormTanhRnn<T>>(links, p, site);
    return;
  }
  if (norm == RowNorm::none) {
    p.bias_ih = &site.bias("bias_ih", hidden);
    p.bias_hh = &site.bias("bias_hh", hidden);
  } else {
    p.gain = &site.gain("gain", hidden);
    p.bias_ih = &site.norm_bias("bias", hidden);
  }
  site.graph.template add<TanhRnn<T>>(links, p, norm, site.norm.epsilon);
}

template class TanhRnn<float>;
template void add_tanh_rnn(const RecurrentSite<float>&, const RecurrentLinks<float>&);
#if NORMLAB_WITH_DOUBLE
template class TanhRnn<double>;
template void add_tanh_rnn(const RecurrentSite<double>&, const RecurrentLinks<double>&);
#endif

}  // namespace normlab
