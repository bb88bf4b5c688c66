// 2 x 2 max pooling with stride 2. The formula is in kernels/max_pool.h.
#pragma once

#include "normlab/nn/graph.h"

namespace normlab {

// x (batch, height, width, channels), y (batch, height / 2, width / 2, channels), halves rounded down.
template <class T>
class MaxPool : public Op<T> {
 public:
  MaxPool(Value<T>& x, Value<T>& y);
  void forward() override;
  void backward() override;

 private:
  Value<T>&x_, &y_;
  Tensor<T> choice_;  // as y; which of the four elements was the largest, for backward()
};

}  // namespace normlab
