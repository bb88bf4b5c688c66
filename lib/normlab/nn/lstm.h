// The LSTM over a whole sequence, plain (with or without weight norm) or with row-wise normalization (layer,
// rms) of its summed inputs and cell state. The formulas are in kernels/lstm_cell.h.
#pragma once

#include <vector>

#include "normlab/kernels/lstm_cell.h"
#include "normlab/nn/recurrent_site.h"

namespace normlab {

// The cell's parameters, declared under the names of nn/recurrent.h, as inputs of the operation: bias_hh is
// the plain cell's only, the gains and bias_cell are the normalized ones'.
template <class T>
struct LstmInputs {
  LstmInputs(Op<T>& op, const RecurrentSite<T>& site);

  Input<T> bias_ih, bias_hh;      // (4 hidden)
  Input<T> gain_ih, gain_hh;      // (4 hidden)
  Input<T> gain_cell, bias_cell;  // (hidden)
  Tensor<T>* carried_cell;        // (batch, hidden): as carried_hidden
};

template <class T>
class Lstm : public RecurrentOp<T> {
 public:
  Lstm(const RecurrentLinks<T>& links, const RecurrentSite<T>& site);

  std::string name() const override { return "lstm"; }

 private:
  Index kept_by_cell() const override;
  void start_forward() override;
  void step_forward(Index step) override;
  void finish_forward() override;
  void start_backward() override;
  void step_backward(Index step) override;
  void finish_backward() override;

  T* gates(Index step);
  const T* previous_cell(Index step) { return step > 0 ? at_step(cell_, step - 1) : initial_cell_.data(); }
  Index scaling_row(Index step) const { return this->training() ? step * this->batch_ : 0; }

  LstmInputs<T> parameters_;
  RowNorm norm_;
  T epsilon_;
  bool streaming_ = false;
  Tensor<T> bias_;                  // (4 H): both biases of the plain cell
  Tensor<T> normalized_gates_;      // (T or 1, B, 4 H); the plain cell's gates replace its summed inputs
  Tensor<T> cell_, tanh_cell_;      // (T or 1, B, H)
  Tensor<T> initial_cell_, dcell_;  // (B, H)
  std::vector<RowScaling<T>> input_scaling_, recurrent_scaling_, cell_scaling_;  // (T or 1, B)
  ThreadSums<T> dbias_, dgain_ih_, dgain_hh_, dgain_cell_, dbias_cell_;
};

// Records the operation, batch-normalized or not.
template <class T>
void add_lstm(const RecurrentSite<T>& site, const RecurrentLinks<T>& links);

}  // namespace normlab
