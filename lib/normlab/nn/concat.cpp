#include "normlab/nn/concat.h"

namespace normlab {

template <class T>
Concat<T>::Concat(Value<T>& a, Value<T>& b, Value<T>& y)
    : a_(*this, a),
      b_(*this, b),
      y_(*this, y),
      rows_(a.data.size() / a.data.shape().back()),
      width_a_(a.data.shape().back()),
      width_b_(b.data.shape().back()) {}

template <class T>
void Concat<T>::forward() {
  T* y = y_.data();
  for (Index row = 0; row < rows_; ++row) {
    y = std::copy_n(a_.data() + row * width_a_, width_a_, y);
    y = std::copy_n(b_.data() + row * width_b_, width_b_, y);
  }
}

template <class T>
void Concat<T>::backward() {
  const T* dy = y_.gradient();
  for (Index row = 0; row < rows_; ++row) {
    std::copy_n(dy, width_a_, a_.gradient() + row * width_a_);
    std::copy_n(dy + width_a_, width_b_, b_.gradient() + row * width_b_);
    dy += width_a_ + width_b_;
  }
}

template class Concat<float>;
#if NORMLAB_WITH_DOUBLE
template class Concat<double>;
#endif

}  // namespace normlab
