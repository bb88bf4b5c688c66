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
  void forward() override;
  void backward() override;
  Traffic traffic() const override { return elementwise_traffic(x_.data.size()); }
  Section section() const override { return Section::normalization; }

 private:
  Value<T>& x_;
  Parameter<T>& gain_;
  Value<T>& y_;
  NormGeometry geometry_;
  T epsilon_;
  Activation activation_;
  Tensor<T> reciprocal_root_;  // (batch)
  ThreadSums<T> gain_sums_;
};

}  // namespace normlab
