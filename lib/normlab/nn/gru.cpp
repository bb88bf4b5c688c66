#include "normlab/nn/gru.h"

#include "normlab/nn/gru_batch.h"

namespace normlab {

template <class T>
GruInputs<T>::GruInputs(Op<T>& op, const RecurrentSite<T>& site)
    : bias_ih(op, site.bias("bias_ih", 3 * site.spec.hidden)),
      bias_hh(op, site.plain_bias("bias_hh", 3 * site.spec.hidden)),
      bias_hn(op, site.norm_bias("bias_hn", site.spec.hidden)),
      gain_ih(op, site.gain("gain_ih", 3 * site.spec.hidden)),
      gain_hh(op, site.gain("gain_hh", 3 * site.spec.hidden)) {}

template <class T>
Gru<T>::Gru(const RecurrentLinks<T>& links, const RecurrentSite<T>& site)
    : RecurrentOp<T>(links, 3, SummedInputs::apart),
      parameters_(*this, site),
      norm_(site.row_norm()),
      epsilon_(static_cast<T>(site.norm.epsilon)),
      bias_({3 * this->hidden_}) {
  if (!plain()) {
    normalized_gates_ = Tensor<T>({this->kept_steps(), this->batch_, 4 * this->hidden_});
    scaling_.resize(static_cast<std::size_t>(this->kept_steps() * this->batch_));
  }
  if (!this->training()) return;
  dbias_ = ThreadSums<T>(3 * this->hidden_);
  dbias_hn_ = ThreadSums<T>(this->hidden_);
  if (plain()) return;
  dgain_ih_ = ThreadSums<T>(3 * this->hidden_);
  dgain_hh_ = ThreadSums<T>(3 * this->hidden_);
}

template <class T>
T* Gru<T>::gates(Index step, Index row) {
  return plain() ? this->input(step) + row * 3 * this->hidden_
                 : at_step(normalized_gates_, step) + row * 4 * this->hidden_;
}

template <class T>
const T* Gru<T>::candidate_bias() const {
  return plain() ? parameters_.bias_hh.data() + 2 * this->hidden_ : parameters_.bias_hn.data();
}

template <class T>
void Gru<T>::start_forward() {
  bias_.copy_from(parameters_.bias_ih.tensor());
  if (!plain()) return;
  for (Index i = 0; i < 2 * this->hidden_; ++i) bias_[i] += parameters_.bias_hh.data()[i];
}

template <class T>
void Gru<T>::step_forward(Index step) {
  const Index hidden = this->hidden_;
  this->for_rows([&](Index first, Index rows, int) {
    GruForward<T> a{};
    a.norm = norm_;
    a.input = this->input(step) + first * 3 * hidden;
    a.recurrent = this->recurrent(step) + first * 3 * hidden;
    a.gates = gates(step, first);
    a.bias = bias_.data();
    a.bias_hn = candidate_bias();
    if (!plain()) {
      a.gain_ih = parameters_.gain_ih.data();
      a.gain_hh = parameters_.gain_hh.data();
      a.scaling = scaling(step, first);
    }
    a.previous_hidden = this->previous_hidden(step) + first * hidden;
    a.hidden_state = this->hidden(step) + first * hidden;
    a.rows = rows;
    a.hidden = hidden;
    a.epsilon = epsilon_;
    gru_forward(a);
  });
}

template <class T>
void Gru<T>::start_backward() {
  for (auto* sums : {&dbias_, &dbias_hn_, &dgain_ih_, &dgain_hh_}) sums->clear();
}

template <class T>
void Gru<T>::step_backward(Index step) {
  const Index hidden = this->hidden_;
  this->for_rows([&](Index first, Index rows, int thread) {
    GruBackward<T> a{};
    a.norm = norm_;
    a.dhidden = this->dhidden(step) + first * hidden;
    a.previous_hidden = this->previous_hidden(step) + first * hidden;
    if (step > 0) a.dprevious_hidden = this->dhidden(step - 1) + first * hidden;
    a.gates = gates(step, first);
    a.recurrent = this->recurrent(step) + first * 3 * hidden;
    a.dinput = this->dinput(step) + first * 3 * hidden;
    a.drecurrent = this->drecurrent(step) + first * 3 * hidden;
    a.bias_hn = candidate_bias();
    a.dbias = dbias_.part(thread);
    a.dbias_hn = dbias_hn_.part(thread);
    if (!plain()) {
      a.input = this->input(step) + first * 3 * hidden;
      a.gain_ih = parameters_.gain_ih.data();
      a.gain_hh = parameters_.gain_hh.data();
      a.scaling = scaling(step, first);
      a.dgain_ih = dgain_ih_.part(thread);
      a.dgain_hh = dgain_hh_.part(thread);
    }
    a.rows = rows;
    a.hidden = hidden;
    gru_backward(a);
  });
}

template <class T>
void Gru<T>::finish_backward() {
  dbias_.total(parameters_.bias_ih.gradient());
  if (plain()) {
    T* dbias_hh = parameters_.bias_hh.gradient();
    dbias_.total(dbias_hh);
    dbias_hn_.total(dbias_hh + 2 * this->hidden_);
    return;
  }
  dbias_hn_.total(parameters_.bias_hn.gradient());
  dgain_ih_.total(parameters_.gain_ih.gradient());
  dgain_hh_.total(parameters_.gain_hh.gradient());
}

template <class T>
void add_gru(const RecurrentSite<T>& site, const RecurrentLinks<T>& links) {
  if (site.per_column()) {
    site.graph.template add<BatchNormGru<T>>(links, site);
  } else {
    site.graph.template add<Gru<T>>(links, site);
  }
}

template struct GruInputs<float>;
template class Gru<float>;
template void add_gru(const RecurrentSite<float>&, const RecurrentLinks<float>&);
#if NORMLAB_WITH_DOUBLE
template struct GruInputs<double>;
template class Gru<double>;
template void add_gru(const RecurrentSite<double>&, const RecurrentLinks<double>&);
#endif

}  // namespace normlab
