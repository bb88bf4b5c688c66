// Layer normalization of every sample by itself, with the activation (Ba, Kiros, Hinton 2016). The formulas
// are in kernels/layer_norm.h.
#pragma once

#include "normlab/nn/normalization.h"

namespace normlab {

template <class T>
class LayerNorm : public Op<T> {
 public:
  // gain and bias (channels); x and y (batch, positions, channels).
  LayerNorm(Value<T>& x, Parameter<T>& gain, Parameter<T>& bias, Value<T>& y, const NormGeometry& geometry,
            double epsilon, Activation activation);
  std::string name() const override { return "layer norm"; }
  void forward() override;
  void backward() override;
  Index kept_elements() const override { return 3 * geometry_.batch; }
  Traffic traffic() const override { return elementwise_traffic(x_.size()); }
  Section section() const override { return Section::normalization; }

 private:
  Input<T> x_;
  Input<T> gain_, bias_;
  Output<T> y_;
  NormGeometry geometry_;
  T epsilon_;
  Activation activation_;
  Tensor<T> mean_, reciprocal_deviation_, shift_;  // (batch)
  ThreadSums<T> gain_sums_, bias_sums_;
};

}  // namespace normlab
