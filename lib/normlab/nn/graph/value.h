// What flows between the operations of a graph.
#pragma once

#include "normlab/core/tensor.h"

namespace normlab {

// A buffer, and the gradient of the loss with respect to it. `gradient` is empty where no gradient is wanted:
// for inputs, and for everything in an evaluation graph. Where `gradient_in_data` is set, the gradient takes
// the place of the data, and `gradient` is empty as well.
template <class T>
struct Value {
  Tensor<T> data;
  Tensor<T> gradient;
  bool gradient_in_data = false;
  bool is_parameter = false;  // it is a Parameter of nn/graph/parameter.h, and outlives the graph
  bool wants_gradient() const { return gradient_in_data || !gradient.empty(); }
  T* gradient_data() { return gradient_in_data ? data.data() : gradient.data(); }
};

}  // namespace normlab
