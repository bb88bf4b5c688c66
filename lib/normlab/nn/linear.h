// y = x W^T, without a bias: the bias belongs to the normalization that follows (nn/norm/normalization.h).
#pragma once

#include <optional>

#include "normlab/nn/graph/graph.h"
#include "normlab/onednn/matrix_product.h"

namespace normlab {

// x (rows, in), weight (out, in), y (rows, out).
template <class T>
class Linear : public Op<T> {
 public:
  Linear(Value<T>& x, Value<T>& weight, Value<T>& y);
  std::string name() const override { return "linear"; }
  void plan_backward() override;
  void forward() override;
  void backward() override;  // dx = dy W (when x wants it), dW = dy^T x
  Index multiply_adds() const override { return forward_.multiply_adds(); }

 private:
  Input<T> x_, weight_;
  Output<T> y_;
  MatrixProduct<T> forward_;
  std::optional<MatrixProduct<T>> backward_x_, backward_weight_;
};

}  // namespace normlab
