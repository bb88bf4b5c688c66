// A two-dimensional convolution without a bias: the bias belongs to the normalization that follows
// (nn/norm/normalization.h). The formula and the layouts are in onednn/convolution.h.
#pragma once

#include "normlab/nn/graph/graph.h"
#include "normlab/onednn/convolution.h"

namespace normlab {

// x (batch, height, width, in), weight (out, in, kernel, kernel), y (batch, out height, out width, out).
template <class T>
class Conv2d : public Op<T> {
 public:
  // The kernel's size comes from the weight; padding (kernel - 1) / 2 keeps an odd kernel's image size at
  // stride 1.
  Conv2d(Value<T>& x, Value<T>& weight, Value<T>& y, Index stride, Index padding);
  std::string name() const override { return "convolution"; }
  void forward() override;
  void backward() override;  // dx (when x wants it) and dW
  Index multiply_adds() const override { return convolution_.multiply_adds(); }

 private:
  Input<T> x_, weight_;
  Output<T> y_;
  Convolution<T> convolution_;
};

}  // namespace normlab
