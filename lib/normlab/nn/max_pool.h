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
  // Forward reads x, writes y and the choice; backward reads dy and the choice, and writes dx.
  Traffic traffic() const override {
    return {.moved = 2 * x_.data.size() + 4 * y_.data.size(),
            .footprint = 2 * x_.data.size() + 3 * y_.data.size()};
  }

 private:
  Value<T>&x_, &y_;
  Tensor<T> choice_;  // as y; which of the four elements was the largest, for backward()
};

}  // namespace normlab
