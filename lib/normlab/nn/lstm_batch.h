// The LSTM over a whole sequence with batch normalization (Cooijmans et al. 2016). The formulas are in
// kernels/lstm_cell_batch.h.
#pragma once

#include "normlab/kernels/lstm_cell_batch.h"
#include "normlab/nn/lstm.h"
#include "normlab/nn/recurrent_batch_norm.h"

namespace normlab {

template <class T>
class BatchNormLstm : public RecurrentOp<T> {
 public:
  BatchNormLstm(const RecurrentLinks<T>& links, const RecurrentSite<T>& site);

  std::string name() const override { return "lstm"; }

 private:
  Index kept_by_cell() const override {
    return normalized_gates_.size() + cell_.size() + tanh_cell_.size() + input_norm_.kept_elements() +
           recurrent_norm_.kept_elements() + cell_norm_.kept_elements();
  }
  void start_forward() override;
  void step_forward(Index step) override;
  void finish_forward() override;
  void start_backward() override;
  void step_backward(Index step) override;
  void finish_backward() override {}

  const T* previous_cell(Index step) { return step > 0 ? at_step(cell_, step - 1) : initial_cell_.data(); }

  LstmInputs<T> parameters_;
  RecurrentBatchNorm<T> input_norm_, recurrent_norm_, cell_norm_;
  ColumnNormSettings<T> settings_;
  Tensor<T> normalized_gates_;      // (T or 1, B, 4 H)
  Tensor<T> cell_, tanh_cell_;      // (T or 1, B, H)
  Tensor<T> initial_cell_, dcell_;  // (B, H)
};

}  // namespace normlab
