// Normalization of one row, or of one vector of columns, inside a recurrent cell. Included once per
// instruction set.
#if defined(NORMLAB_KERNELS_CELL_NORM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMLAB_KERNELS_CELL_NORM_INL_H_
#undef NORMLAB_KERNELS_CELL_NORM_INL_H_
#else
#define NORMLAB_KERNELS_CELL_NORM_INL_H_
#endif

#include <cmath>

#include "normlab/kernels/cell_norm.h"
#include "normlab/kernels/simd-inl.h"
#include "normlab/kernels/statistics-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

template <RowNorm norm, class T>
HWY_INLINE RowScaling<T> row_scaling(const T* x, Index n, T epsilon) {
  if constexpr (norm == RowNorm::layer) {
    const Moments<T> moments = row_moments(x, n);
    const T reciprocal = T(1) / std::sqrt(moments.variance + epsilon);
    return {moments.mean, reciprocal, -moments.correction * reciprocal};
  } else {
    const hn::ScalableTag<T> d;
    const auto squares = sum_terms<T>(d, n, [&](auto access, Index i) HWY_ATTR {
      const auto v = access.load(x + i);
      return hn::Mul(v, v);
    });
    const T mean_square = hn::GetLane(squares) / static_cast<T>(n);
    return {T(0), T(1) / std::sqrt(mean_square + epsilon), T(0)};
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

// The backward pass of y = gain n(x) over a row of n elements, where upstream(access, i) gives dy:
//   dx = (h - mean(h) - n mean(h n)) reciprocal,  h = dy gain   (rms: without mean(h)),
// and dgain += dy n. dx may be x.
template <RowNorm norm, class T, class Upstream>
HWY_INLINE void normalize_row_backward(const Upstream& upstream, const RowScaling<T>& s, const T* gain,
                                       const T* x, T* dx, T* dgain, Index n) {
  const hn::ScalableTag<T> d;
  auto sum = hn::Zero(d);
  auto product_sum = hn::Zero(d);
  for_each_vector(d, n, [&](auto access, Index i) HWY_ATTR {
    const auto normal = normalized<norm>(access, s, x + i);
    const auto dy = access.keep(upstream(access, i));
    const auto h = hn::Mul(dy, access.load(gain + i));
    access.store(hn::MulAdd(dy, normal, access.load(dgain + i)), dgain + i);
    sum = hn::Add(sum, h);
    product_sum = hn::MulAdd(h, normal, product_sum);
  });
  const T scale = T(1) / static_cast<T>(n);
  const auto mean_h = hn::Set(d, norm == RowNorm::layer ? sum_of_lanes(d, sum) * scale : T(0));
  const auto mean_product = hn::Set(d, sum_of_lanes(d, product_sum) * scale);
  const auto reciprocal = hn::Set(d, s.reciprocal);
  for_each_vector(d, n, [&](auto access, Index i) HWY_ATTR {
    const auto normal = normalized<norm>(access, s, x + i);
    const auto centred = hn::Sub(hn::Mul(upstream(access, i), access.load(gain + i)), mean_h);
    access.store(hn::Mul(hn::NegMulAdd(normal, mean_product, centred), reciprocal), dx + i);
  });
}

// One of two rows that are normalized side by side: y = gain n(x), dy its gradient; dx overwrites x.
template <class T>
struct RowToNormalize {
  const T* dy;
  RowScaling<T> scaling;
  const T* gain;
  T* x;
  T* dgain;
};

// The backward pass of the two rows of n elements a cell adds up, W_ih x and W_hh h'. Their sums do not wait
// for each other, which makes one pass over both faster than two.
template <RowNorm norm, class T>
HWY_INLINE void normalize_two_rows_backward(const RowToNormalize<T>& a, const RowToNormalize<T>& b, Index n) {
  const hn::ScalableTag<T> d;
  auto sum_a = hn::Zero(d), sum_b = hn::Zero(d), product_a = hn::Zero(d), product_b = hn::Zero(d);
  for_each_vector(d, n, [&](auto access, Index i) HWY_ATTR {
    const auto normal_a = normalized<norm>(access, a.scaling, a.x + i);
    const auto normal_b = normalized<norm>(access, b.scaling, b.x + i);
    const auto dy_a = access.load(a.dy + i);
    const auto dy_b = access.load(b.dy + i);
    const auto h_a = hn::Mul(dy_a, access.load(a.gain + i));
    const auto h_b = hn::Mul(dy_b, access.load(b.gain + i));
    access.store(hn::MulAdd(dy_a, normal_a, access.load(a.dgain + i)), a.dgain + i);
    access.store(hn::MulAdd(dy_b, normal_b, access.load(b.dgain + i)), b.dgain + i);
    sum_a = hn::Add(sum_a, h_a);
    sum_b = hn::Add(sum_b, h_b);
    product_a = hn::MulAdd(h_a, normal_a, product_a);
    product_b = hn::MulAdd(h_b, normal_b, product_b);
  });
  const auto scale = hn::Set(d, T(1) / static_cast<T>(n));
  constexpr bool centred = norm == RowNorm::layer;
  const auto mean_a = centred ? hn::Mul(hn::SumOfLanes(d, sum_a), scale) : hn::Zero(d);
  const auto mean_b = centred ? hn::Mul(hn::SumOfLanes(d, sum_b), scale) : hn::Zero(d);
  const auto mean_product_a = hn::Mul(hn::SumOfLanes(d, product_a), scale);
  const auto mean_product_b = hn::Mul(hn::SumOfLanes(d, product_b), scale);
  const auto reciprocal_a = hn::Set(d, a.scaling.reciprocal);
  const auto reciprocal_b = hn::Set(d, b.scaling.reciprocal);
  for_each_vector(d, n, [&](auto access, Index i) HWY_ATTR {
    const auto h_a = hn::MulSub(access.load(a.dy + i), access.load(a.gain + i), mean_a);
    const auto h_b = hn::MulSub(access.load(b.dy + i), access.load(b.gain + i), mean_b);
    const auto normal_a = normalized<norm>(access, a.scaling, a.x + i);
    const auto normal_b = normalized<norm>(access, b.scaling, b.x + i);
    access.store(hn::Mul(hn::NegMulAdd(normal_a, mean_product_a, h_a), reciprocal_a), a.x + i);
    access.store(hn::Mul(hn::NegMulAdd(normal_b, mean_product_b, h_b), reciprocal_b), b.x + i);
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

  const auto keep = hn::Set(d, T(1) - settings.momentum);
  const auto move = hn::Set(d, settings.momentum);
  const auto unbiased = hn::Set(d, static_cast<T>(rows) / static_cast<T>(rows - 1));
  const auto running_mean = hn::Mul(keep, access.load(norm.running_mean + column));
  const auto running_variance = hn::Mul(keep, access.load(norm.running_variance + column));
  access.store(hn::MulAdd(move, hn::Add(mean, correction), running_mean), norm.running_mean + column);
  access.store(hn::MulAdd(move, hn::Mul(variance, unbiased), running_variance),
               norm.running_variance + column);
}

// As above for a vector of columns: p points into row `row` at `column`.
template <class T, class Access>
HWY_INLINE auto normalized(Access access, const ColumnNorm<T>& norm, Index column, const T* p) {
  return hn::MulAdd(hn::Sub(access.load(p), access.load(norm.mean + column)),
                    access.load(norm.reciprocal + column), access.load(norm.shift + column));
}

// The backward pass of y = gain n(x) over the rows of a vector of columns, where upstream(row) gives dy. The
// columns of x (rows, stride) become
//   dx = gain (dy - mean(dy) - n mean(dy n)) reciprocal,
// and dgain += sum dy n.
template <class T, class Access, class Upstream>
HWY_INLINE void normalize_columns_backward(Access access, const Upstream& upstream, Index rows, Index stride,
                                           Index column, const ColumnNorm<T>& norm, const T* gain, T* x,
                                           T* dgain) {
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
    T* p = x + row * stride + column;
    const auto centred = hn::Sub(upstream(row), mean_dy);
    access.store(hn::Mul(hn::NegMulAdd(normalized(access, norm, column, p), mean_product, centred), factor),
                 p);
  }
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
