// The columns of a recurrent cell: their statistics, and tiles of them (kernels/recurrent/cell_side-inl.h).
// Included once per instruction set.
#if defined(NORMLAB_KERNELS_RECURRENT_CELL_COLUMNS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMLAB_KERNELS_RECURRENT_CELL_COLUMNS_INL_H_
#undef NORMLAB_KERNELS_RECURRENT_CELL_COLUMNS_INL_H_
#else
#define NORMLAB_KERNELS_RECURRENT_CELL_COLUMNS_INL_H_
#endif

#include "normlab/kernels/norm/normalization-inl.h"
#include "normlab/kernels/norm/running_average-inl.h"
#include "normlab/kernels/recurrent/cell_norm.h"
#include "normlab/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

// Statistics of the vector of columns that starts at `column`, over the rows of x (rows, stride): the
// corrected two-pass algorithm of kernels/norm/statistics-inl.h in every lane. In training the running
// averages move by `momentum` towards the mean and the unbiased variance, as PyTorch's do; in evaluation they
// are used.
template <class T, class Access>
HWY_INLINE void scale_columns(Access access, const T* x, Index rows, Index stride, Index column,
                              const ColumnNorm<T>& norm, const CellNorm<T>& settings) {
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

// A row of a matrix as a cell sees it; x stays.
template <class T>
struct ColumnValues {
  const T* x;
  const T* gain;
  const ColumnNorm<T>& columns;

  template <class Access>
  HWY_INLINE auto normal(Access access, Index i) const {
    return normalized(
        Normalization<typename Access::V>{access.load(columns.mean + i), access.load(columns.reciprocal + i),
                                          access.load(columns.shift + i)},
        access.load(x + i));
  }
  template <class Access, class V>
  HWY_INLINE V add(Access access, Index i, V sum) const {
    return hn::MulAdd(normal(access, i), access.load(gain + i), sum);
  }
  template <class Access>
  HWY_INLINE auto affine(Access access, Index i, const T* bias) const {
    return hn::MulAdd(normal(access, i), access.load(gain + i), access.load(bias + i));
  }
};

// As RowGradient, over all rows of a vector of columns:
//   dx = gain (dy - mean(dy) - n mean(dy n)) reciprocal.
template <class Access_>
struct ColumnGradient {
  using V = typename Access_::V;
  using T = typename Access_::T;
  const T* x;
  Index width, rows;
  T* dgains;
  Normalization<V> statistics;
  V gain;
  V sum, product;  // of dy and of dy n, then their means

  template <class Tile>
  HWY_INLINE ColumnGradient(const Tile& tile, const CellMatrix<T>& m, const CellGradient<T>& gradient)
      : x(m.x),
        width(m.width),
        rows(tile.rows),
        dgains(gradient.gain),
        statistics{tile.access.load(m.columns.mean + tile.column),
                   tile.access.load(m.columns.reciprocal + tile.column),
                   tile.access.load(m.columns.shift + tile.column)},
        gain(tile.access.load(m.gain + tile.column)) {
    sum = product = hn::Zero(tile.access.d);
  }

  HWY_INLINE V normal(Access_ access, Index row, Index i) const {
    return normalized(statistics, access.load(x + row * width + i));
  }
  HWY_INLINE void enter(Access_ /*access*/, Index /*i*/) {}
  HWY_INLINE void add(Access_ access, int /*r*/, Index row, Index i, V dy) {
    sum = hn::Add(sum, dy);
    product = hn::MulAdd(dy, normal(access, row, i), product);
  }
  HWY_INLINE void leave(Access_ access, Index i) const {
    access.store(hn::Add(access.load(dgains + i), product), dgains + i);
  }
  HWY_INLINE void finish() {
    const auto scale = hn::Set(hn::ScalableTag<T>(), T(1) / static_cast<T>(rows));
    sum = hn::Mul(sum, scale);
    product = hn::Mul(product, scale);
  }
  HWY_INLINE void enter_again(Access_ /*access*/, Index /*i*/) {}
  HWY_INLINE V dx(Access_ access, int /*r*/, Index row, Index i, V dy) const {
    const auto centred = hn::Sub(dy, sum);
    return hn::Mul(hn::NegMulAdd(normal(access, row, i), product, centred),
                   hn::Mul(gain, statistics.reciprocal));
  }
};

// All rows of the vector of columns at `column`.
template <class Access>
struct ColumnTile {
  static constexpr bool normalizes = true, per_row = false, beforehand = false;
  using T = typename Access::T;
  template <bool in_place>
  using Gradient = ColumnGradient<Access>;

  Access access;
  Index rows, column;
  Index vector = 0, ahead = 0;

  template <class Body>
  HWY_INLINE void for_rows(const Body& body) const {
    for (Index row = 0; row < rows; ++row) body(0, row);
  }
  template <class Body>
  HWY_INLINE void for_vectors(const Body& body) const {
    body(access, column);
  }
  template <class Body>
  HWY_INLINE void for_gates(Index first, Index last, Index hidden, Index /*number*/, const Body& body) const {
    for (Index gate = first; gate < last; ++gate) body(ColumnTile{access, rows, gate * hidden + column});
  }
  HWY_INLINE void scale(const CellMatrix<T>& m, const CellNorm<T>& settings) const {
    scale_columns(access, m.x, rows, m.width, column, m.columns, settings);
  }
  HWY_INLINE void scale(const CellMatrix<T>& a, const CellMatrix<T>& b, const CellNorm<T>& settings) const {
    scale(a, settings);
    scale(b, settings);
  }
  HWY_INLINE ColumnValues<T> at(const CellMatrix<T>& m, Index row, Index /*number*/) const {
    return {m.x + row * m.width, m.gain, m.columns};
  }
};

struct PerColumn {
  static constexpr bool normalizes = true;
  template <class T, class Arguments, class Body>
  static HWY_INLINE void for_tiles(const Arguments& a, const Body& body) {
    const auto tile = [&](auto access, Index unit) NORMLAB_INLINE_LAMBDA {
      body(ColumnTile<decltype(access)>{access, a.rows, a.part.begin + unit});
    };
    for_each_vector(hn::ScalableTag<T>(), a.part.end - a.part.begin, tile);
  }
};

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
