#include "normlab/nn/linear.h"

namespace normlab {

template <class T>
Linear<T>::Linear(Value<T>& x, Value<T>& weight, Value<T>& y)
    : x_(*this, x, GradientWrite::can_add),
      weight_(*this, weight, GradientWrite::can_add),
      y_(*this, y),
      forward_({.m = y.data.size() / weight.data.dimension(0),
                .n = weight.data.dimension(0),
                .k = weight.data.dimension(1),
                .transpose_b = true}) {}

template <class T>
void Linear<T>::plan_backward() {
  const ProductShape& s = forward_.shape();
  if (x_.wants_gradient())
    backward_x_.emplace(ProductShape{.m = s.m, .n = s.k, .k = s.n, .accumulate = x_.adds()});
  if (weight_.wants_gradient()) {
    backward_weight_.emplace(
        ProductShape{.m = s.n, .n = s.k, .k = s.m, .transpose_a = true, .accumulate = weight_.adds()});
  }
}

template <class T>
void Linear<T>::forward() {
  forward_(x_.data(), weight_.data(), y_.data());
}

template <class T>
void Linear<T>::backward() {
  if (backward_x_) (*backward_x_)(y_.gradient(), weight_.data(), x_.gradient());
  if (backward_weight_) (*backward_weight_)(y_.gradient(), x_.data(), weight_.gradient());
}

template class Linear<float>;
#if NORMLAB_WITH_DOUBLE
template class Linear<double>;
#endif

}  // namespace normlab
