// The tanh recurrence over a whole sequence with batch normalization. The formulas are in
// kernels/tanh_cell_batch.h.
#pragma once

#include "normlab/kernels/tanh_cell_batch.h"
#include "normlab/nn/recurrent_batch_norm.h"
#include "normlab/nn/tanh_rnn.h"

namespace normlab {

template <class T>
class BatchNormTanhRnn : public RecurrentOp<T> {
 public:
  BatchNormTanhRnn(const RecurrentLinks<T>& links, const RecurrentSite<T>& site);

  std::string name() const override { return "tanh rnn"; }

 private:
  Index kept_by_cell() const override {
    return input_norm_.kept_elements() + recurrent_norm_.kept_elements();
  }
  void start_forward() override {}
  void step_forward(Index step) override;
  void finish_forward() override {}
  void start_backward() override;
  void step_backward(Index step) override;
  void finish_backward() override {}

  TanhRnnInputs<T> parameters_;
  RecurrentBatchNorm<T> input_norm_, recurrent_norm_;
  ColumnNormSettings<T> settings_;
};

}  // namespace normlab
