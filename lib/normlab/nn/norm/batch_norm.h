// Batch normalization with the activation (Ioffe & Szegedy 2015). The formulas, and what the running
// statistics are, stand in kernels/norm/batch_norm.h.
#pragma once

#include "normlab/nn/graph/graph.h"
#include "normlab/nn/graph/row_threads.h"
#include "normlab/nn/norm/norm_parameters.h"

namespace normlab {

template <class T>
class BatchNorm : public Op<T> {
 public:
  // x and y (batch, positions, channels). forward() updates the running statistics in training, and
  // normalizes with them in evaluation. Uses norm.epsilon and norm.momentum.
  BatchNorm(Value<T>& x, const NormParameters<T>& parameters, Value<T>& y, const NormGeometry& geometry,
            const NormSpec& norm, Activation activation, Mode mode);
  std::string name() const override { return with_activation("batch norm", activation_); }
  void forward() override;
  void backward() override;
  Index kept_elements() const override { return 3 * channels_; }
  Traffic traffic() const override { return elementwise_traffic(x_.size()); }
  Section section() const override { return Section::normalization; }

 private:
  // Threads split the channels in multiples of a cache line, so that sums over rows stay whole and the thread
  // count changes no result.
  template <class Body>
  void for_channels(const Body& body) const;

  Input<T> x_;
  GainAndBias<T> affine_;
  Tensor<T>&running_mean_, &running_variance_;
  Output<T> y_;
  Index rows_, channels_;
  T epsilon_, momentum_;
  Activation activation_;
  Mode mode_;
  Tensor<T> mean_, reciprocal_deviation_, shift_;  // (channels)
};

}  // namespace normlab
