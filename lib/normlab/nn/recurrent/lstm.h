// The LSTM over a whole sequence, plain (with or without weight norm) or normalized. The formulas are in
// kernels/recurrent/lstm_cell.h.
#pragma once

#include "normlab/kernels/recurrent/lstm_cell.h"
#include "normlab/nn/recurrent/recurrent_matrix.h"

namespace normlab {

// Declares the cell's parameters under the names of nn/recurrent/recurrent.h.
template <class T>
class Lstm : public RecurrentOp<T> {
 public:
  Lstm(const RecurrentLinks<T>& links, const RecurrentSite<T>& site);

 private:
  Index kept_by_cell() const override;
  void start_forward() override;
  void step_forward(Index step) override;
  void finish_forward() override;
  void start_backward() override;
  void step_backward(Index step) override;
  void finish_backward() override;

  LstmState<T> state(Index step);

  CellBias<T> bias_;                             // (4 H)
  RecurrentMatrix<T> input_, recurrent_, cell_;  // (B, 4 H), (B, 4 H), (B, H)
  CellParameter<T> bias_cell_;                   // (H)
  Tensor<T>* carried_cell_;                      // (B, H): as carried_hidden
  bool streaming_;
  Tensor<T> normalized_gates_;        // (T or 1, B, 4 H); the plain cell's gates replace its summed inputs
  Tensor<T> cell_state_, tanh_cell_;  // (T or 1, B, H)
  Tensor<T> initial_cell_, dcell_;    // (B, H)
};

}  // namespace normlab
