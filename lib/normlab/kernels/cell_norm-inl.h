// Normalization of one row, or of one vector of columns, inside a recurrent cell. Included once per
// instruction set.
#if defined(NORMLAB_KERNELS_CELL_NORM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMLAB_KERNELS_CELL_NORM_INL_H_
#undef NORMLAB_KERNELS_CELL_NORM_INL_H_
#else
#define NORMLAB_KERNELS_CELL_NORM_INL_H_
#endif

#include <hwy/cache_control.h>

#include <cmath>
#include <type_traits>

#include "normlab/kernels/cell_norm.h"
#include "normlab/kernels/running_average-inl.h"
#include "normlab/kernels/simd-inl.h"
#include "normlab/kernels/statistics-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

// Rows that a pass takes together: their sums do not wait for each other, and what belongs to the columns is
// loaded and stored once. Two suffice with 16 registers as with 32: four were faster in the first-level
// cache, and slower where the rows come from further away.
inline constexpr int cell_rows = 2;

// Calls body(count, row) for blocks of cell_rows rows, then for single ones; count is an integral constant.
template <class Body>
HWY_INLINE void for_row_blocks(Index rows, const Body& body) {
  Index row = 0;
  for (; row + cell_rows <= rows; row += cell_rows) body(std::integral_constant<int, cell_rows>(), row);
  for (; row < rows; ++row) body(std::integral_constant<int, 1>(), row);
}

// How many rows ahead a backward pass at a block of `count` rows asks for what the forward pass kept, 0 at
// the last block. Every block reads short rows from many arrays, and where these lie beyond the second-level
// cache the hardware's prefetchers did not keep up. An LSTM layer of 128 units over 28 steps of 128 samples
// became 4 % faster (AVX2: 6 %), one of 256 units over 100 steps of 32 samples 1 % (AVX2: 2 %); one of 4
// samples 1 % slower. The requests are spread over the loops: all at once, a third of that was lost.
HWY_INLINE Index rows_ahead(Index row, Index count, Index rows) {
  return row + 2 * count <= rows ? count : 0;
}

// The mean squares of `count` rows x of n elements.
template <int count, class T>
HWY_INLINE void mean_squares(const T* const* x, Index n, T* result) {
  const hn::ScalableTag<T> d;
  hn::Vec<hn::ScalableTag<T>> squares[count];
  for (int r = 0; r < count; ++r) squares[r] = hn::Zero(d);
  for_each_vector(d, n, [&](auto access, Index i) NORMLAB_INLINE_LAMBDA {
    for (int r = 0; r < count; ++r) {
      const auto v = access.load(x[r] + i);
      squares[r] = hn::MulAdd(v, v, squares[r]);
    }
  });
  for (int r = 0; r < count; ++r) result[r] = sum_of_lanes(d, squares[r]) / static_cast<T>(n);
}

// The corrected two-pass algorithm of kernels/row_norm.h for `count` rows x of n elements.
template <int count, class T>
HWY_INLINE void moments_of(const T* const* x, Index n, Moments<T>* result) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<hn::ScalableTag<T>>;
  const T scale = T(1) / static_cast<T>(n);
  V sums[count], squares[count], means[count];
  for (int r = 0; r < count; ++r) sums[r] = squares[r] = hn::Zero(d);
  for_each_vector(d, n, [&](auto access, Index i) NORMLAB_INLINE_LAMBDA {
    for (int r = 0; r < count; ++r) sums[r] = hn::Add(sums[r], access.load(x[r] + i));
  });
  for (int r = 0; r < count; ++r) {
    result[r].mean = sum_of_lanes(d, sums[r]) * scale;
    means[r] = hn::Set(d, result[r].mean);
    sums[r] = hn::Zero(d);
  }
  for_each_vector(d, n, [&](auto access, Index i) NORMLAB_INLINE_LAMBDA {
    for (int r = 0; r < count; ++r) {
      const auto deviation = access.keep(hn::Sub(access.load(x[r] + i), means[r]));
      sums[r] = hn::Add(sums[r], deviation);
      squares[r] = hn::MulAdd(deviation, deviation, squares[r]);
    }
  });
  for (int r = 0; r < count; ++r) {
    const T correction = result[r].correction = sum_of_lanes(d, sums[r]) * scale;
    const T variance = sum_of_lanes(d, squares[r]) * scale - correction * correction;
    result[r].variance = variance > T(0) ? variance : T(0);
  }
}

// The scalings of `count` rows x of n elements. The operations of a row do not depend on how many there are.
template <RowNorm norm, int count, class T>
HWY_INLINE void scalings_of(const T* const* x, Index n, T epsilon, RowScaling<T>* scaling) {
  if constexpr (norm == RowNorm::layer) {
    Moments<T> moments[count];
    moments_of<count>(x, n, moments);
    for (int r = 0; r < count; ++r) {
      const T reciprocal = T(1) / std::sqrt(moments[r].variance + epsilon);
      scaling[r] = {moments[r].mean, reciprocal, -moments[r].correction * reciprocal};
    }
  } else {
    T squares[count];
    mean_squares<count>(x, n, squares);
    for (int r = 0; r < count; ++r) scaling[r] = {T(0), T(1) / std::sqrt(squares[r] + epsilon), T(0)};
  }
}

// The scalings of `count` rows of n elements that lie behind each other.
template <RowNorm norm, int count, class T>
HWY_INLINE void scale_rows(const T* x, Index n, T epsilon, RowScaling<T>* scaling) {
  const T* rows[count];
  for (int r = 0; r < count; ++r) rows[r] = x + r * n;
  scalings_of<norm, count>(rows, n, epsilon, scaling);
}

// The scalings of `count` rows of a and as many of b, whose first n elements of `stride` are normalized.
template <RowNorm norm, int count, class T>
HWY_INLINE void scale_sides(const T* a, const T* b, Index n, Index stride, T epsilon,
                            RowScaling<T>* scaling_a, RowScaling<T>* scaling_b, Index scaling_stride) {
  const T* rows[2 * count];
  RowScaling<T> scaling[2 * count];
  for (int r = 0; r < count; ++r) {
    rows[r] = a + r * stride;
    rows[count + r] = b + r * stride;
  }
  scalings_of<norm, 2 * count>(rows, n, epsilon, scaling);
  for (int r = 0; r < count; ++r) {
    scaling_a[r * scaling_stride] = scaling[r];
    scaling_b[r * scaling_stride] = scaling[count + r];
  }
}

// (x - mean) reciprocal + shift for the vector at p.
template <RowNorm norm, class T, class Access>
HWY_INLINE auto normalized(Access access, const RowScaling<T>& s, const T* p) {
  const auto d = access.d;
  if constexpr (norm == RowNorm::rms) {
    return hn::Mul(access.load(p), hn::Set(d, s.reciprocal));
  } else {
    return hn::MulAdd(hn::Sub(access.load(p), hn::Set(d, s.mean)), hn::Set(d, s.reciprocal),
                      hn::Set(d, s.shift));
  }
}

// The same, which also replaces what is at p.
template <RowNorm norm, class T, class Access>
HWY_INLINE auto normalize_in_place(Access access, const RowScaling<T>& s, T* p) {
  const auto normal = normalized<norm>(access, s, p);
  access.store(normal, p);
  return normal;
}

// What the backward pass of y = gain n, n = N(x), over rows of `size` elements needs to know of a row r:
//   dx = (h - mean(h) - n mean(h n)) reciprocal,  h = dy gain   (rms: without mean(h)).
template <RowNorm norm, int count, class T>
struct RowGradientMeans {
  using D = hn::ScalableTag<T>;
  using V = hn::Vec<D>;
  V h[count], product[count];  // sums of h and of h n, then their means

  HWY_INLINE RowGradientMeans() {
    for (int r = 0; r < count; ++r) h[r] = product[r] = hn::Zero(D());
  }
  HWY_INLINE void add(int r, V h_r, V normal) {
    if constexpr (norm == RowNorm::layer) h[r] = hn::Add(h[r], h_r);
    product[r] = hn::MulAdd(h_r, normal, product[r]);
  }
  HWY_INLINE void finish(Index size) {
    const auto scale = hn::Set(D(), T(1) / static_cast<T>(size));
    for (int r = 0; r < count; ++r) {
      if constexpr (norm == RowNorm::layer) h[r] = hn::Mul(hn::SumOfLanes(D(), h[r]), scale);
      product[r] = hn::Mul(hn::SumOfLanes(D(), product[r]), scale);
    }
  }
  HWY_INLINE V dx(int r, V dy, V gain, V normal, V reciprocal) const {
    const V centred = norm == RowNorm::layer ? hn::MulSub(dy, gain, h[r]) : hn::Mul(dy, gain);
    return hn::Mul(hn::NegMulAdd(normal, product[r], centred), reciprocal);
  }
};

// One side of the two sums a cell adds up, W_ih x and W_hh h', normalized each by itself: y = gain n. Rows
// are `stride` elements apart. dx may be dy; dbias += sum dy and dgain += sum dy n.
template <class T>
struct NormalizedSide {
  const T *dy, *normal;
  T* dx;
  const T* gain;
  T *dgain, *dbias;
  Index stride;
  const RowScaling<T>* scaling;
  Index scaling_stride;
  Index rows_ahead;  // from which the normal of the next block is prefetched
};

// Both sides of `count` rows of n elements. `same_dy`: the two have one dy, that of `a`, and one bias.
template <RowNorm norm, int count, bool same_dy, class T>
HWY_INLINE void normalize_sides_backward(const NormalizedSide<T>& side_a, const NormalizedSide<T>& side_b,
                                         Index n) {
  const hn::ScalableTag<T> d;
  const NormalizedSide<T> a = side_a, b = side_b;  // as locals, which no store can be taken to change
  const Index next_a = a.rows_ahead * a.stride, next_b = b.rows_ahead * b.stride;
  RowGradientMeans<norm, count, T> means_a, means_b;
  for_each_vector(d, n, [&](auto access, Index i) NORMLAB_INLINE_LAMBDA {
    const auto gain_a = access.load(a.gain + i), gain_b = access.load(b.gain + i);
    auto dgain_a = access.load(a.dgain + i), dgain_b = access.load(b.dgain + i);
    auto dbias_a = access.load(a.dbias + i), dbias_b = same_dy ? dbias_a : access.load(b.dbias + i);
    for (int r = 0; r < count; ++r) {
      hwy::Prefetch(a.normal + r * a.stride + next_a + i);
      hwy::Prefetch(b.normal + r * b.stride + next_b + i);
      const auto normal_a = access.load(a.normal + r * a.stride + i);
      const auto normal_b = access.load(b.normal + r * b.stride + i);
      const auto dy_a = access.load(a.dy + r * a.stride + i);
      const auto dy_b = same_dy ? dy_a : access.load(b.dy + r * b.stride + i);
      means_a.add(r, hn::Mul(dy_a, gain_a), normal_a);
      means_b.add(r, hn::Mul(dy_b, gain_b), normal_b);
      dgain_a = hn::MulAdd(dy_a, normal_a, dgain_a);
      dgain_b = hn::MulAdd(dy_b, normal_b, dgain_b);
      dbias_a = hn::Add(dbias_a, dy_a);
      if constexpr (!same_dy) dbias_b = hn::Add(dbias_b, dy_b);
    }
    access.store(dgain_a, a.dgain + i);
    access.store(dgain_b, b.dgain + i);
    access.store(dbias_a, a.dbias + i);
    if constexpr (!same_dy) access.store(dbias_b, b.dbias + i);
  });
  means_a.finish(n);
  means_b.finish(n);
  hn::Vec<hn::ScalableTag<T>> reciprocal_a[count], reciprocal_b[count];
  for (int r = 0; r < count; ++r) {
    reciprocal_a[r] = hn::Set(d, a.scaling[r * a.scaling_stride].reciprocal);
    reciprocal_b[r] = hn::Set(d, b.scaling[r * b.scaling_stride].reciprocal);
  }
  for_each_vector(d, n, [&](auto access, Index i) NORMLAB_INLINE_LAMBDA {
    const auto gain_a = access.load(a.gain + i), gain_b = access.load(b.gain + i);
    for (int r = 0; r < count; ++r) {
      const auto normal_a = access.load(a.normal + r * a.stride + i);
      const auto normal_b = access.load(b.normal + r * b.stride + i);
      const auto dy_a = access.load(a.dy + r * a.stride + i);
      const auto dy_b = same_dy ? dy_a : access.load(b.dy + r * b.stride + i);
      access.store(means_a.dx(r, dy_a, gain_a, normal_a, reciprocal_a[r]), a.dx + r * a.stride + i);
      access.store(means_b.dx(r, dy_b, gain_b, normal_b, reciprocal_b[r]), b.dx + r * b.stride + i);
    }
  });
}

// Statistics of the vector of columns that starts at `column`, over the rows of x (rows, stride): the
// corrected two-pass algorithm of statistics-inl.h in every lane. In training the running averages move by
// `momentum` towards the mean and the unbiased variance, as PyTorch's do; in evaluation they are used.
template <class T, class Access>
HWY_INLINE void scale_columns(Access access, const T* x, Index rows, Index stride, Index column,
                              const ColumnNorm<T>& norm, const ColumnNormSettings<T>& settings) {
  const auto d = access.d;
  const auto epsilon = hn::Set(d, settings.epsilon);
  const auto one = hn::Set(d, T(1));
  if (!settings.training) {
    const auto deviation = hn::Sqrt(hn::Add(access.load(norm.running_variance + column), epsilon));
    access.store(access.load(norm.running_mean + column), norm.mean + column);
    access.store(hn::Div(one, deviation), norm.reciprocal + column);
    access.store(hn::Zero(d), norm.shift + column);
    return;
  }
  const auto scale = hn::Set(d, T(1) / static_cast<T>(rows));
  auto sum = hn::Zero(d);
  for (Index row = 0; row < rows; ++row) sum = hn::Add(sum, access.load(x + row * stride + column));
  const auto mean = hn::Mul(sum, scale);
  auto deviations = hn::Zero(d);
  auto squares = hn::Zero(d);
  for (Index row = 0; row < rows; ++row) {
    const auto deviation = hn::Sub(access.load(x + row * stride + column), mean);
    deviations = hn::Add(deviations, deviation);
    squares = hn::MulAdd(deviation, deviation, squares);
  }
  const auto correction = hn::Mul(deviations, scale);
  const auto variance = hn::Max(hn::NegMulAdd(correction, correction, hn::Mul(squares, scale)), hn::Zero(d));
  const auto reciprocal = hn::Div(one, hn::Sqrt(hn::Add(variance, epsilon)));
  access.store(mean, norm.mean + column);
  access.store(reciprocal, norm.reciprocal + column);
  access.store(hn::Neg(hn::Mul(correction, reciprocal)), norm.shift + column);

  const T momentum = settings.momentum;  // a copy, which stores cannot change
  const auto move = [&](T* running, auto statistic) NORMLAB_INLINE_LAMBDA {
    access.store(moved_average<AverageRounding::products>(d, access.load(running), statistic, momentum),
                 running);
  };
  const auto unbiased = hn::Set(d, static_cast<T>(rows) / static_cast<T>(rows - 1));
  move(norm.running_mean + column, hn::Add(mean, correction));
  move(norm.running_variance + column, hn::Mul(variance, unbiased));
}

// As above for a vector of columns: p points into row `row` at `column`.
template <class T, class Access>
HWY_INLINE auto normalized(Access access, const ColumnNorm<T>& norm, Index column, const T* p) {
  return hn::MulAdd(hn::Sub(access.load(p), access.load(norm.mean + column)),
                    access.load(norm.reciprocal + column), access.load(norm.shift + column));
}

// The backward pass of y = gain n(x) over the rows of a vector of columns, where upstream(row) gives dy. The
// columns of dx (rows, stride), like x, become
//   dx = gain (dy - mean(dy) - n mean(dy n)) reciprocal,
// and dgain += sum dy n. dx may be x, or where upstream reads.
template <class T, class Access, class Upstream>
HWY_INLINE void normalize_columns_backward(Access access, const Upstream& upstream, Index rows, Index stride,
                                           Index column, const ColumnNorm<T>& norm, const T* gain, const T* x,
                                           T* dx, T* dgain) {
  const auto d = access.d;
  auto sum = hn::Zero(d);
  auto product_sum = hn::Zero(d);
  for (Index row = 0; row < rows; ++row) {
    const auto dy = upstream(row);
    sum = hn::Add(sum, dy);
    product_sum = hn::MulAdd(dy, normalized(access, norm, column, x + row * stride + column), product_sum);
  }
  access.store(hn::Add(access.load(dgain + column), product_sum), dgain + column);
  const auto scale = hn::Set(d, T(1) / static_cast<T>(rows));
  const auto mean_dy = hn::Mul(sum, scale);
  const auto mean_product = hn::Mul(product_sum, scale);
  const auto factor = hn::Mul(access.load(gain + column), access.load(norm.reciprocal + column));
  for (Index row = 0; row < rows; ++row) {
    const Index at = row * stride + column;
    const auto centred = hn::Sub(upstream(row), mean_dy);
    access.store(
        hn::Mul(hn::NegMulAdd(normalized(access, norm, column, x + at), mean_product, centred), factor),
        dx + at);
  }
}

// *sum += the sum of upstream(row) over the rows.
template <class T, class Access, class Upstream>
HWY_INLINE void add_column(Access access, const Upstream& upstream, Index rows, T* sum) {
  auto total = access.load(sum);
  for (Index row = 0; row < rows; ++row) total = hn::Add(total, upstream(row));
  access.store(total, sum);
}

// *sum += v
template <class T, class Access, class V>
HWY_INLINE void add_to(Access access, V v, T* sum) {
  access.store(hn::Add(access.load(sum), v), sum);
}

// dy s (1 - s), the gradient through s = sigmoid(a).
template <class D>
HWY_INLINE hn::Vec<D> sigmoid_gradient(D d, hn::Vec<D> dy, hn::Vec<D> s) {
  return hn::Mul(dy, hn::Mul(s, hn::Sub(hn::Set(d, hn::TFromD<D>(1)), s)));
}

// dy (1 - t^2), the gradient through t = tanh(a).
template <class D>
HWY_INLINE hn::Vec<D> tanh_gradient(D d, hn::Vec<D> dy, hn::Vec<D> t) {
  return hn::Mul(dy, hn::NegMulAdd(t, t, hn::Set(d, hn::TFromD<D>(1))));
}

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
