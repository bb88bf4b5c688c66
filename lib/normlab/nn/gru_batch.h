// The GRU over a whole sequence with batch normalization. The formulas are in kernels/gru_cell_batch.h.
#pragma once

#include "normlab/kernels/gru_cell_batch.h"
#include "normlab/nn/gru.h"
#include "normlab/nn/recurrent_batch_norm.h"

namespace normlab {

template <class T>
class BatchNormGru : public RecurrentOp<T> {
 public:
  BatchNormGru(const RecurrentLinks<T>& links, const RecurrentSite<T>& site);

  std::string name() const override { return "gru"; }

 private:
  Index kept_by_cell() const override {
    return normalized_gates_.size() + input_norm_.kept_elements() + recurrent_norm_.kept_elements();
  }
  void start_forward() override {}
  void step_forward(Index step) override;
  void finish_forward() override {}
  void start_backward() override;
  void step_backward(Index step) override;
  void finish_backward() override {}

  GruInputs<T> parameters_;
  RecurrentBatchNorm<T> input_norm_, recurrent_norm_;
  ColumnNormSettings<T> settings_;
  Tensor<T> normalized_gates_;  // (T or 1, B, 4 H)
};

}  // namespace normlab
