#include "normlab/kernels/norm/norm_pool.h"

#include "normlab/kernels/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "normlab/kernels/norm/norm_pool.cpp"
#include <hwy/foreach_target.h>

#include "normlab/kernels/norm/columns-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

template <class T>
ChannelNormalization<T> normalization_of(const PoolNormalization<T>& n, Index image) {
  const Index at = image * n.stride;
  const Normalization<const T*>& first = n.first.statistics;
  return {{first.mean + at, first.reciprocal + at, first.shift + at}, n.first.gain, n.first.bias};
}

// Whether the maximum of (a, b) is b: the first among equals wins, and what is not a number wins over all.
template <class V>
HWY_INLINE auto second_wins(V a, V b) {
  return hn::Or(hn::Gt(b, a), hn::Not(hn::Eq(b, b)));  // hn::Ne is false of not-a-number on x86
}

// One vector of channels at the four positions of a window.
template <class V>
struct Window {
  V upper_left, upper_right, lower_left, lower_right;

  template <class Map>
  HWY_INLINE Window map(const Map& f) const {
    return {f(upper_left), f(upper_right), f(lower_left), f(lower_right)};
  }
};

template <class Access, class T>
HWY_INLINE Window<typename Access::V> load_window(Access access, const T* upper, const T* lower,
                                                  Index channels) {
  return {access.load(upper), access.load(upper + channels), access.load(lower),
          access.load(lower + channels)};
}

// Which of a window's values is the largest.
template <class D>
struct Choice {
  using V = hn::Vec<D>;
  using M = hn::Mask<D>;
  M right_above, right_below, lower;

  HWY_INLINE explicit Choice(const Window<V>& y)
      : right_above(second_wins(y.upper_left, y.upper_right)),
        right_below(second_wins(y.lower_left, y.lower_right)),
        lower(second_wins(hn::IfThenElse(right_above, y.upper_right, y.upper_left),
                          hn::IfThenElse(right_below, y.lower_right, y.lower_left))) {}
  HWY_INLINE V of(const Window<V>& w) const {
    return hn::IfThenElse(lower, hn::IfThenElse(right_below, w.lower_right, w.lower_left),
                          hn::IfThenElse(right_above, w.upper_right, w.upper_left));
  }
  // v at the chosen position and zero at the others.
  HWY_INLINE Window<V> place(V v) const {
    const V above = hn::IfThenZeroElse(lower, v), below = hn::IfThenElseZero(lower, v);
    return {hn::IfThenZeroElse(right_above, above), hn::IfThenElseZero(right_above, above),
            hn::IfThenZeroElse(right_below, below), hn::IfThenElseZero(right_below, below)};
  }
};

template <Activation activation, class T>
void norm_pool_forward_fused(const NormPoolForward<T>& a) {
  using D = hn::ScalableTag<T>;
  const D d;
  const Index rows = a.height / 2, columns = a.width / 2, row_length = a.width * a.channels;
  for (Index row = 0; row < a.images * rows; ++row) {
    const Index image = row / rows;
    const ChannelNormalization<T> normalization = normalization_of(a.normalization, image);
    const T* upper = a.x + (image * a.height + 2 * (row % rows)) * row_length;
    const Index out = row * columns * a.channels;
    for_each_vector(d, a.channels, [&](auto access, Index i) HWY_ATTR {
      const ChannelVector<T, decltype(access)> column(normalization, access, i);
      for (Index k = 0; k < columns; ++k) {
        const T* corner = upper + 2 * k * a.channels + i;
        const auto x = load_window(access, corner, corner + row_length, a.channels);
        const auto y = x.map(
            [&](auto v) HWY_ATTR { return activate<activation>(d, column.affine(column.normalized(v))); });
        const Choice<D> choice(y);
        const Index at = out + k * a.channels + i;
        access.store(choice.of(y), a.y + at);
        if (a.chosen != nullptr) access.store(choice.of(x), a.chosen + at);
      }
    });
  }
}

// g = dy f'(z) at an element, given its n.
template <Activation activation, class T, class Access, class V>
HWY_INLINE V chosen_gradient(const ChannelVector<T, Access>& column, V normalized, V dy) {
  const hn::ScalableTag<T> d;
  const auto z = column.affine(normalized);
  return activation_gradient<activation>(d, dy, z, activate<activation>(d, z));
}

template <Activation activation, class T>
void norm_pool_sums_fused(const NormPoolSums<T>& a) {
  const hn::ScalableTag<T> d;
  for (Index image = 0; image < a.images; ++image) {
    const ChannelNormalization<T> normalization = normalization_of(a.normalization, image);
    const Index first = image * a.positions * a.channels;
    T *sum = a.sum + image * a.channels, *product = a.product + image * a.channels;
    std::fill_n(sum, a.channels, T(0));
    std::fill_n(product, a.channels, T(0));
    for_each_tile(d, 0, a.positions, a.channels, true,
                  [&](auto access, Index i, Index row, Index count) HWY_ATTR {
                    const ChannelVector<T, decltype(access)> column(normalization, access, i);
                    auto g_sum = hn::Zero(d), products = hn::Zero(d);
                    for (Index r = row; r < row + count; ++r) {
                      const Index at = first + r * a.channels + i;
                      const auto n = column.normalized(access.load(a.chosen + at));
                      const auto g = chosen_gradient<activation>(column, n, access.load(a.dy + at));
                      g_sum = hn::Add(g_sum, g);
                      products = hn::MulAdd(g, n, products);
                    }
                    access.store(hn::Add(access.load(sum + i), g_sum), sum + i);
                    access.store(hn::Add(access.load(product + i), products), product + i);
                  });
  }
}

// One vector of channels of dx: what it is made of apart from x and g.
template <class T, class Access>
struct InputGradient {
  using V = typename Access::V;
  ChannelVector<T, Access> column;
  V mean_h, mean_product;

  HWY_INLINE V of(V normalized, V g) const {
    const auto centred = hn::MulSub(g, column.gain, mean_h);
    return hn::Mul(hn::NegMulAdd(normalized, mean_product, centred), column.statistics.reciprocal);
  }
};

// The elements of dx that no window has: `count` positions from `at` on, where g = 0.
template <class T, class Access>
HWY_INLINE void dropped_gradients(const InputGradient<T, Access>& gradient, Access access, const T* x, T* dx,
                                  Index count, Index channels) {
  const hn::ScalableTag<T> d;
  for (Index at = 0; at < count * channels; at += channels) {
    const auto n = gradient.column.normalized(access.load(x + at));
    access.store(gradient.of(n, hn::Zero(d)), dx + at);
  }
}

template <Activation activation, class T>
void norm_pool_backward_image(const NormPoolBackward<T>& a, Index image) {
  using D = hn::ScalableTag<T>;
  const D d;
  const Index rows = a.height / 2, columns = a.width / 2, row_length = a.width * a.channels;
  const ChannelNormalization<T> normalization = normalization_of(a.normalization, image);
  const T* mean_h = a.mean_h + image * a.normalization.stride;
  const T* mean_product = a.mean_product + image * a.normalization.stride;
  // The last turn is the odd row that pooling drops.
  for (Index row = 0; row < (a.height + 1) / 2; ++row) {
    const Index first = (image * a.height + 2 * row) * row_length;
    for_each_vector(d, a.channels, [&](auto access, Index i) HWY_ATTR {
      const InputGradient<T, decltype(access)> gradient{
          {normalization, access, i}, access.load(mean_h + i), access.load(mean_product + i)};
      const T* x = a.x + first + i;
      T* dx = a.dx + first + i;
      if (row == rows) return dropped_gradients(gradient, access, x, dx, a.width, a.channels);
      const T* dy = a.dy + (image * rows + row) * columns * a.channels + i;
      for (Index k = 0; k < columns; ++k) {
        const auto n = load_window(access, x, x + row_length, a.channels).map([&](auto v) HWY_ATTR {
          return gradient.column.normalized(v);
        });
        const Choice<D> choice(
            n.map([&](auto v) HWY_ATTR { return activate<activation>(d, gradient.column.affine(v)); }));
        const auto g = choice.place(
            chosen_gradient<activation>(gradient.column, choice.of(n), access.load(dy + k * a.channels)));
        access.store(gradient.of(n.upper_left, g.upper_left), dx);
        access.store(gradient.of(n.upper_right, g.upper_right), dx + a.channels);
        access.store(gradient.of(n.lower_left, g.lower_left), dx + row_length);
        access.store(gradient.of(n.lower_right, g.lower_right), dx + row_length + a.channels);
        x += 2 * a.channels;
        dx += 2 * a.channels;
      }
      for (Index odd = 2 * columns; odd < a.width; ++odd) {
        dropped_gradients(gradient, access, x, dx, 1, a.channels);
        dropped_gradients(gradient, access, x + row_length, dx + row_length, 1, a.channels);
      }
    });
  }
}

template <Activation activation, class T>
void norm_pool_backward_fused(const NormPoolBackward<T>& a) {
  for (Index image = 0; image < a.images; ++image) norm_pool_backward_image<activation>(a, image);
}

template <class T>
void norm_pool_forward(const NormPoolForward<T>& a) {
  NORMLAB_WITH_ACTIVATION(a.activation, norm_pool_forward_fused, a);
}

template <class T>
void norm_pool_sums(const NormPoolSums<T>& a) {
  NORMLAB_WITH_ACTIVATION(a.activation, norm_pool_sums_fused, a);
}

template <class T>
void norm_pool_backward(const NormPoolBackward<T>& a) {
  NORMLAB_WITH_ACTIVATION(a.activation, norm_pool_backward_fused, a);
}

NORMLAB_TARGET_KERNEL(norm_pool_forward, NormPoolForward)
NORMLAB_TARGET_KERNEL(norm_pool_sums, NormPoolSums)
NORMLAB_TARGET_KERNEL(norm_pool_backward, NormPoolBackward)

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace normlab {
NORMLAB_EXPORT_KERNEL(norm_pool_forward, NormPoolForward)
NORMLAB_EXPORT_KERNEL(norm_pool_sums, NormPoolSums)
NORMLAB_EXPORT_KERNEL(norm_pool_backward, NormPoolBackward)
}  // namespace normlab
#endif
