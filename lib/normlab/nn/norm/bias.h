// Bias and activation of a layer without normalization. The formulas are in kernels/norm/bias.h.
#pragma once

#include "normlab/nn/graph/graph.h"
#include "normlab/nn/graph/row_threads.h"
#include "normlab/nn/norm/norm_parameters.h"

namespace normlab {

template <class T>
class Bias : public Op<T> {
 public:
  // bias (channels); x and y (batch, positions, channels).
  Bias(Value<T>& x, Parameter<T>& bias, Value<T>& y, const NormGeometry& geometry, Activation activation);
  std::string name() const override { return with_activation("bias", activation_); }
  void forward() override;
  void backward() override;
  Traffic traffic() const override { return elementwise_traffic(x_.size()); }

 private:
  Input<T> x_;
  Input<T> bias_;
  Output<T> y_;
  Index rows_, channels_;
  Activation activation_;
  ThreadSums<T> sums_;
};

}  // namespace normlab
