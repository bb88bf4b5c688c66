// Dynamic tanh with the activation (Zhu, Chen, He, LeCun, Liu 2025). The formulas are in
// kernels/norm/dynamic_tanh.h.
#pragma once

#include "normlab/nn/graph/graph.h"
#include "normlab/nn/graph/row_threads.h"
#include "normlab/nn/norm/norm_parameters.h"

namespace normlab {

template <class T>
class DynamicTanh : public Op<T> {
 public:
  // x and y (batch, positions, channels); alpha of `parameters` is there. The gradient of x may take the
  // place of its data.
  DynamicTanh(Value<T>& x, const NormParameters<T>& parameters, Value<T>& y, const NormGeometry& geometry,
              Activation activation);
  std::string name() const override { return with_activation("dynamic tanh", activation_); }
  void forward() override;
  void backward() override;
  Traffic traffic() const override { return elementwise_traffic(x_.size()); }
  Section section() const override { return Section::normalization; }

 private:
  Input<T> x_;
  Input<T> alpha_;
  GainAndBias<T> affine_;
  Output<T> y_;
  Index rows_, channels_;
  Activation activation_;
  ThreadSums<T> gain_sums_, bias_sums_, alpha_sums_;
};

}  // namespace normlab
