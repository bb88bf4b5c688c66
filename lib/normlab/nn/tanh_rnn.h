// The tanh recurrence over a whole sequence, plain (with or without weight norm) or with row-wise
// normalization (layer, rms). The formulas are in kernels/tanh_cell.h.
#pragma once

#include <vector>

#include "normlab/kernels/tanh_cell.h"
#include "normlab/nn/recurrent_site.h"

namespace normlab {

// The cell's parameters, declared under the names of nn/recurrent.h, as inputs of the operation: plain,
// bias_ih and bias_hh; layer and rms, gain and bias_ih (named "bias"); batch, gain_ih, gain_hh and bias_ih.
template <class T>
struct TanhRnnInputs {
  TanhRnnInputs(Op<T>& op, const RecurrentSite<T>& site);

  Input<T> gain, gain_ih, gain_hh, bias_ih, bias_hh;  // (hidden)
};

template <class T>
class TanhRnn : public RecurrentOp<T> {
 public:
  TanhRnn(const RecurrentLinks<T>& links, const RecurrentSite<T>& site);

  std::string name() const override { return "tanh rnn"; }

 private:
  Index kept_by_cell() const override {
    return static_cast<Index>(scaling_.size() * sizeof(RowScaling<T>) / sizeof(T));
  }
  void start_forward() override;
  void step_forward(Index step) override;
  void finish_forward() override {}
  void start_backward() override;
  void step_backward(Index step) override;
  void finish_backward() override;

  RowScaling<T>* scaling(Index step, Index row) {
    return scaling_.data() + (this->training() ? step * this->batch_ : 0) + row;
  }

  TanhRnnInputs<T> parameters_;
  RowNorm norm_;
  T epsilon_;
  Tensor<T> bias_;                      // (H): both biases of the plain cell
  std::vector<RowScaling<T>> scaling_;  // (T or 1, B)
  ThreadSums<T> dbias_, dgain_;
};

// Records the operation, batch-normalized or not.
template <class T>
void add_tanh_rnn(const RecurrentSite<T>& site, const RecurrentLinks<T>& links);

}  // namespace normlab
