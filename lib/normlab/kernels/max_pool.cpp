#include "normlab/kernels/max_pool.h"

#include <algorithm>

#include "normlab/kernels/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "normlab/kernels/max_pool.cpp"
#include <hwy/foreach_target.h>

#include "normlab/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

// The channels of one output position; `upper` and `lower` point to the first of its two columns.
template <class D, class T>
HWY_INLINE void pool_position(D d, const T* upper, const T* lower, Index channels, T* y, T* choice) {
  for_each_vector(d, channels, [&](auto access, Index c) HWY_ATTR {
    const auto upper_left = access.load(upper + c), upper_right = access.load(upper + channels + c);
    const auto lower_left = access.load(lower + c), lower_right = access.load(lower + channels + c);
    const auto above = hn::Max(upper_left, upper_right), below = hn::Max(lower_left, lower_right);
    access.store(hn::Max(above, below), y + c);
    if (choice == nullptr) return;
    const auto one = hn::Set(d, T(1)), two = hn::Set(d, T(2));
    const auto column_above = hn::IfThenElseZero(hn::Gt(upper_right, upper_left), one);
    const auto column_below = hn::IfThenElseZero(hn::Gt(lower_right, lower_left), one);
    access.store(hn::IfThenElse(hn::Gt(below, above), hn::Add(two, column_below), column_above), choice + c);
  });
}

template <class T>
void max_pool_forward(const MaxPoolForward<T>& a) {
  const hn::ScalableTag<T> d;
  const Index rows = a.height / 2, columns = a.width / 2, row_length = a.width * a.channels;
  T* y = a.y;
  T* choice = a.choice;
  for (Index image = 0; image < a.images; ++image) {
    for (Index row = 0; row < rows; ++row) {
      const T* upper = a.x + (image * a.height + 2 * row) * row_length;
      for (Index column = 0; column < columns; ++column) {
        pool_position(d, upper, upper + row_length, a.channels, y, choice);
        upper += 2 * a.channels;
        y += a.channels;
        if (choice != nullptr) choice += a.channels;
      }
    }
  }
}

template <class D, class T>
HWY_INLINE void unpool_position(D d, const T* choice, const T* dy, Index channels, T* upper, T* lower) {
  for_each_vector(d, channels, [&](auto access, Index c) HWY_ATTR {
    const auto chosen = access.load(choice + c), gradient = access.load(dy + c);
    const auto where = [&](T index) HWY_ATTR {
      return hn::IfThenElseZero(hn::Eq(chosen, hn::Set(d, index)), gradient);
    };
    access.store(where(T(0)), upper + c);
    access.store(where(T(1)), upper + channels + c);
    access.store(where(T(2)), lower + c);
    access.store(where(T(3)), lower + channels + c);
  });
}

template <class T>
void max_pool_backward(const MaxPoolBackward<T>& a) {
  const hn::ScalableTag<T> d;
  const Index rows = a.height / 2, columns = a.width / 2, row_length = a.width * a.channels;
  const T* dy = a.dy;
  const T* choice = a.choice;
  for (Index image = 0; image < a.images; ++image) {
    T* const dx = a.dx + image * a.height * row_length;
    for (Index row = 0; row < rows; ++row) {
      T* upper = dx + 2 * row * row_length;
      T* lower = upper + row_length;
      for (Index column = 0; column < columns; ++column) {
        unpool_position(d, choice, dy, a.channels, upper, lower);
        upper += 2 * a.channels;
        lower += 2 * a.channels;
        choice += a.channels;
        dy += a.channels;
      }
      if (a.width % 2 != 0) {
        std::fill_n(upper, a.channels, T(0));
        std::fill_n(lower, a.channels, T(0));
      }
    }
    if (a.height % 2 != 0) std::fill_n(dx + (a.height - 1) * row_length, row_length, T(0));
  }
}

NORMLAB_TARGET_KERNEL(max_pool_forward, MaxPoolForward)
NORMLAB_TARGET_KERNEL(max_pool_backward, MaxPoolBackward)

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace normlab {
NORMLAB_EXPORT_KERNEL(max_pool_forward, MaxPoolForward)
NORMLAB_EXPORT_KERNEL(max_pool_backward, MaxPoolBackward)
}  // namespace normlab
#endif
