// Bias and activation of a layer without normalization. The formulas are in kernels/bias.h.
#pragma once

#include "normlab/nn/normalization.h"

namespace normlab {

template <class T>
class Bias : public Op<T> {
 public:
  // bias (channels); x and y (batch, positions, channels).
  Bias(Value<T>& x, Parameter<T>& bias, Value<T>& y, const NormGeometry& geometry, Activation activation);
  void forward() override;
  void backward() override;
  Traffic traffic() const override { return elementwise_traffic(x_.data.size()); }

 private:
  Value<T>& x_;
  Parameter<T>& bias_;
  Value<T>& y_;
  Index rows_, channels_;
  Activation activation_;
  ThreadSums<T> sums_;
};

}  // namespace normlab
