// The tanh recurrence over a whole sequence, plain (with or without weight norm) or normalized. The formulas
// are in kernels/recurrent/tanh_cell.h.
#pragma once

#include "normlab/kernels/recurrent/tanh_cell.h"
#include "normlab/nn/recurrent/recurrent_matrix.h"

namespace normlab {

// Declares the cell's parameters under the names of nn/recurrent/recurrent.h.
template <class T>
class TanhRnn : public RecurrentOp<T> {
 public:
  TanhRnn(const RecurrentLinks<T>& links, const RecurrentSite<T>& site);

 private:
  Index kept_by_cell() const override { return input_.kept_elements() + recurrent_.kept_elements(); }
  void start_forward() override { bias_.start_forward(); }
  void step_forward(Index step) override;
  void finish_forward() override {}
  void start_backward() override;
  void step_backward(Index step) override;
  void finish_backward() override;

  // (B, H): W_ih x + W_hh h', or where the two are apart W_ih x; and W_hh h' there.
  RecurrentMatrix<T> input_, recurrent_;
  CellBias<T> bias_;  // (H)
};

}  // namespace normlab
