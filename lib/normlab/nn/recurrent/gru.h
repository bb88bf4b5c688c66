// The GRU over a whole sequence, plain (with or without weight norm) or normalized. The formulas are in
// kernels/recurrent/gru_cell.h.
#pragma once

#include "normlab/kernels/recurrent/gru_cell.h"
#include "normlab/nn/recurrent/recurrent_matrix.h"

namespace normlab {

// Declares the cell's parameters under the names of nn/recurrent/recurrent.h. The plain cell's bias_hh has in
// its last third what the normalized ones have as bias_hn.
template <class T>
class Gru : public RecurrentOp<T> {
 public:
  Gru(const RecurrentLinks<T>& links, const RecurrentSite<T>& site);

 private:
  Index kept_by_cell() const override {
    return normalized_gates_.size() + input_.kept_elements() + recurrent_.kept_elements();
  }
  void start_forward() override { bias_.start_forward(); }
  void step_forward(Index step) override;
  void finish_forward() override {}
  void start_backward() override;
  void step_backward(Index step) override;
  void finish_backward() override;

  T* gates(Index step) { return this->plain() ? this->input(step) : at_step(normalized_gates_, step); }
  const T* candidate_bias() const {
    return this->plain() ? bias_.hh().data() + 2 * this->hidden_ : bias_hn_.data();
  }

  CellBias<T> bias_;          // (3 H): of the plain cell's r and z both biases, of n that of W_ih x
  CellParameter<T> bias_hn_;  // (H)
  RecurrentMatrix<T> input_, recurrent_;  // (B, 3 H)
  Tensor<T> normalized_gates_;            // (T or 1, B, 4 H); the plain cell's gates replace its W_ih x
};

}  // namespace normlab
