#include "normlab/nn/recurrent/gru.h"

namespace normlab {

template <class T>
Gru<T>::Gru(const RecurrentLinks<T>& links, const RecurrentSite<T>& site)
    : RecurrentOp<T>(site.op_name("gru"), links, site.cell_norm(), 3, SummedInputs::apart),
      bias_(*this, site, "bias_ih", 3 * this->hidden_, 2 * this->hidden_),
      bias_hn_(*this, site, site.norm_bias("bias_hn", this->hidden_), this->hidden_, T(0)),
      input_(
          *this, site,
          {.name = "ih", .gain = "gain_ih", .alpha = "alpha_ih", .width = 3 * this->hidden_, .vectors = 2}),
      recurrent_(
          *this, site,
          {.name = "hh", .gain = "gain_hh", .alpha = "alpha_hh", .width = 3 * this->hidden_, .vectors = 2}) {
  if (!this->plain()) normalized_gates_ = Tensor<T>({this->kept_steps(), this->batch_, 4 * this->hidden_});
}

template <class T>
void Gru<T>::step_forward(Index step) {
  this->for_parts([&](const CellPart& part, int) {
    gru_forward(GruForward<T>{.norm = this->norm_,
                              .input = input_.at(step, this->input(step)),
                              .recurrent = recurrent_.at(step, this->recurrent(step)),
                              .bias = bias_.data(),
                              .bias_hn = candidate_bias(),
                              .gates = gates(step),
                              .previous_hidden = this->previous_hidden(step),
                              .hidden_state = this->hidden(step),
                              .rows = this->batch_,
                              .hidden = this->hidden_,
                              .part = part});
  });
}

template <class T>
void Gru<T>::start_backward() {
  bias_.clear();
  bias_hn_.clear();
  input_.clear();
  recurrent_.clear();
}

template <class T>
void Gru<T>::step_backward(Index step) {
  this->for_parts([&](const CellPart& part, int thread) {
    gru_backward(GruBackward<T>{.norm = this->norm_,
                                .input = input_.at(step, this->input(step)),
                                .recurrent = recurrent_.at(step, this->recurrent(step)),
                                .bias_hn = candidate_bias(),
                                .gates = gates(step),
                                .previous_hidden = this->previous_hidden(step),
                                .dhidden = this->dhidden(step),
                                .dprevious_hidden = step > 0 ? this->dhidden(step - 1) : nullptr,
                                .dinput = input_.gradient(thread, this->dinput(step)),
                                .drecurrent = recurrent_.gradient(thread, this->drecurrent(step)),
                                .dbias = bias_.sum(thread),
                                .dbias_hn = bias_hn_.sum(thread),
                                .rows = this->batch_,
                                .hidden = this->hidden_,
                                .part = part});
  });
}

template <class T>
void Gru<T>::finish_backward() {
  bias_.total();
  bias_hn_.total();
  if (this->plain()) bias_hn_.total(bias_.hh().gradient() + 2 * this->hidden_);
  input_.total();
  recurrent_.total();
}

template class Gru<float>;
#if NORMLAB_WITH_DOUBLE
template class Gru<double>;
#endif

}  // namespace normlab
