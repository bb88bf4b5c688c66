// Root mean square normalization of every sample by itself, with the activation (Zhang & Sennrich 2019). The
// formulas are in kernels/rms_norm.h.
#pragma once

#include "normlab/nn/normalization.h"

namespace normlab {

template <class T>
class RmsNorm : public Op<T> {
 public:
  // gain (channels); x and y (batch, positions, channels).
  RmsNorm(Value<T>& x, Parameter<T>& gain, Value<T>& y, const NormGeometry& geometry, double epsilon,
          Activation activation);
  std::string name() const override { return "rms norm"; }
  void forward() override;
  void backward() override;
  Index kept_elements() const override { return geometry_.batch; }
  Traffic traffic() const override { return elementwise_traffic(x_.size()); }
  Section section() const override { return Section::normalization; }

 private:
  Input<T> x_;
  Input<T> gain_;
  Output<T> y_;
  NormGeometry geometry_;
  T epsilon_;
  Activation activation_;
  Tensor<T> reciprocal_root_;  // (batch)
  ThreadSums<T> gain_sums_;
};

}  // namespace normlab
