#include "normlab/nn/linear.h"

namespace normlab {

template <class T>
Linear<T>::Linear(Value<T>& x, Value<T>& weight, Value<T>& y)
    : x_(x),
      weight_(weight),
      y_(y),
      forward_({.m = y.data.size() / weight.data.dimension(0),
                .n = weight.data.dimension(0),
                .k = weight.data.dimension(1),
                .transpose_b = true}) {
  const ProductShape& s = forward_.shape();
  if (!y.wants_gradient()) return;
  if (x.wants_gradient()) backward_x_.emplace(ProductShape{.m = s.m, .n = s.k, .k = s.n});
  backward_weight_.emplace(ProductShape{.m = s.n, .n = s.k, .k = s.m, .transpose_a = true});
}

template <class T>
void Linear<T>::forward() {
  forward_(x_.data.data(), weight_.data.data(), y_.data.data());
}

template <class T>
void Linear<T>::backward() {
  if (backward_x_) (*backward_x_)(y_.gradient.data(), weight_.data.data(), x_.gradient.data());
  (*backward_weight_)(y_.gradient.data(), x_.data.data(), weight_.gradient.data());
}

template class Linear<float>;
#if NORMLAB_WITH_DOUBLE
template class Linear<double>;
#endif

}  // namespace normlab
