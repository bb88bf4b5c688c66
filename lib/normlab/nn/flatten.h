// Images as vectors, for the fully connected layers after the last convolution.
#pragma once

#include "normlab/nn/graph/graph.h"

namespace normlab {

// x (batch, height, width, channels) to y (batch, channels * height * width), channels outermost: the order
// of PyTorch's flatten of (batch, channels, height, width), so that the weights of the linear layer that
// follows are PyTorch's.
template <class T>
class Flatten : public Op<T> {
 public:
  Flatten(Value<T>& x, Value<T>& y);
  std::string name() const override { return "flatten"; }
  void forward() override;
  void backward() override;

 private:
  Input<T> x_;
  Output<T> y_;
  Index positions_, channels_;
};

}  // namespace normlab
