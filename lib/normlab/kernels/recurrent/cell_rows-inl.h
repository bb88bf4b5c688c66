// The rows of a recurrent cell: their statistics, and tiles of them (kernels/recurrent/cell_side-inl.h).
// Included once per instruction set.
#if defined(NORMLAB_KERNELS_RECURRENT_CELL_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMLAB_KERNELS_RECURRENT_CELL_ROWS_INL_H_
#undef NORMLAB_KERNELS_RECURRENT_CELL_ROWS_INL_H_
#else
#define NORMLAB_KERNELS_RECURRENT_CELL_ROWS_INL_H_
#endif

#include <hwy/cache_control.h>

#include <cmath>
#include <type_traits>

#include "normlab/kernels/norm/normalization-inl.h"
#include "normlab/kernels/norm/statistics-inl.h"
#include "normlab/kernels/recurrent/cell_norm.h"
#include "normlab/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

// Rows that a pass takes together: their sums do not wait for each other, and what belongs to the columns is
// loaded and stored once. Two suffice with 16 registers as with 32: four were faster in the first-level
// cache, and slower where the rows come from further away.
inline constexpr int cell_rows = 2;

// Calls body(count, row) for blocks of cell_rows rows, then for single ones; count is an integral constant.
template <class Body>
HWY_INLINE void for_row_blocks(const CellPart& rows, const Body& body) {
  Index row = rows.begin;
  for (; row + cell_rows <= rows.end; row += cell_rows) body(std::integral_constant<int, cell_rows>(), row);
  for (; row < rows.end; ++row) body(std::integral_constant<int, 1>(), row);
}

// How many rows ahead a backward pass at a block of `count` rows asks for what the forward pass kept, 0 at
// the last block. Every block reads short rows from many arrays, and where these lie beyond the second-level
// cache the hardware's prefetchers did not keep up. An LSTM layer of 128 units over 28 steps of 128 samples
// became 4 % faster (AVX2: 6 %), one of 256 units over 100 steps of 32 samples 1 % (AVX2: 2 %); one of 4
// samples 1 % slower. The requests are spread over the loops: all at once, a third of that was lost.
HWY_INLINE Index rows_ahead(Index row, Index count, Index end) {
  return row + 2 * count <= end ? count : 0;
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

// The corrected two-pass algorithm of kernels/norm/row_norm.h for `count` rows x of n elements.
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

// The scalings of `count` rows of x, whose first n elements of `stride` are normalized.
template <RowNorm norm, int count, class T>
HWY_INLINE void scale_rows(const T* x, Index n, Index stride, T epsilon, RowScaling<T>* result,
                           Index result_stride) {
  const T* rows[count];
  RowScaling<T> scaling[count];
  for (int r = 0; r < count; ++r) rows[r] = x + r * stride;
  scalings_of<norm, count>(rows, n, epsilon, scaling);
  for (int r = 0; r < count; ++r) result[r * result_stride] = scaling[r];
}

// The same of `count` rows of a and as many of b.
template <RowNorm norm, int count, class T>
HWY_INLINE void scale_row_pairs(const T* a, const T* b, Index n, Index stride, T epsilon,
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

// n of the vector at p.
template <RowNorm norm, class T, class Access>
HWY_INLINE auto normalized_at(Access access, const RowScaling<T>& s, const T* p) {
  const auto d = access.d;
  const Normalization<typename Access::V> all{hn::Set(d, s.mean), hn::Set(d, s.reciprocal),
                                              hn::Set(d, s.shift)};
  return normalized<norm>(all, access.load(p));
}

// A row of a matrix as a cell sees it. `add` leaves n in place of x, for backward.
template <RowNorm norm, class T>
struct RowValues {
  T* x;
  const T* gain;
  RowScaling<T> scaling;

  template <class Access>
  HWY_INLINE auto normal(Access access, Index i) const {
    return normalized_at<norm>(access, scaling, x + i);
  }
  // sum + gain n(x), plain: sum + x.
  template <class Access, class V>
  HWY_INLINE V add(Access access, Index i, V sum) const {
    if constexpr (norm == RowNorm::none) {
      return hn::Add(sum, access.load(x + i));
    } else {
      const auto n = normal(access, i);
      access.store(n, x + i);
      return hn::MulAdd(n, access.load(gain + i), sum);
    }
  }
  // gain n(x) + bias, rms: without the bias.
  template <class Access>
  HWY_INLINE auto affine(Access access, Index i, const T* bias) const {
    const auto scaled = hn::Mul(normal(access, i), access.load(gain + i));
    if constexpr (norm == RowNorm::rms) return scaled;
    return hn::Add(scaled, access.load(bias + i));
  }
};

// The way back through y = gain n, n = N(x), over the columns [begin, end) of `count` rows:
//   dx = (h - mean(h) - n mean(h n)) reciprocal,  h = dy gain   (rms: without mean(h)),  dgain += sum dy n.
// All vectors of columns are entered, given every row's dy and left; then finish() makes the means, and
// dx() is known. in_place: n has taken the place of x.
template <RowNorm norm, int count, bool in_place, class T>
struct RowGradient {
  using D = hn::ScalableTag<T>;
  using V = hn::Vec<D>;
  T* x;  // of the first row
  Index width, size;
  const T* gains;
  T* dgains;
  const RowScaling<T>* scaling;  // of the first row
  Index vectors, ahead;
  V h[count], product[count];  // sums of h and of h n, then their means
  V reciprocal[count];
  V gain, dgain;  // of the vector of columns entered

  template <class Tile>
  HWY_INLINE RowGradient(const Tile& tile, const CellMatrix<T>& m, const CellGradient<T>& gradient)
      : x(m.x + tile.row * m.width),
        width(m.width),
        size(tile.end - tile.begin),
        gains(m.gain),
        dgains(gradient.gain),
        scaling(m.scaling + tile.row * m.vectors + tile.vector),
        vectors(m.vectors),
        ahead(tile.ahead) {
    for (int r = 0; r < count; ++r) h[r] = product[r] = hn::Zero(D());
  }

  template <class Access>
  HWY_INLINE V normal(Access access, int r, Index i) const {
    if constexpr (in_place) return access.load(x + r * width + i);
    return access.keep(normalized_at<norm>(access, scaling[r * vectors], x + r * width + i));
  }
  template <class Access>
  HWY_INLINE void enter(Access access, Index i) {
    gain = access.load(gains + i);
    dgain = access.load(dgains + i);
  }
  template <class Access>
  HWY_INLINE void add(Access access, int r, Index /*row*/, Index i, V dy) {
    if constexpr (in_place) hwy::Prefetch(x + (r + ahead) * width + i);
    const V n = normal(access, r, i);
    const V scaled = hn::Mul(dy, gain);
    if constexpr (norm == RowNorm::layer) h[r] = hn::Add(h[r], scaled);
    product[r] = hn::MulAdd(scaled, n, product[r]);
    dgain = hn::MulAdd(dy, n, dgain);
  }
  template <class Access>
  HWY_INLINE void leave(Access access, Index i) const {
    access.store(dgain, dgains + i);
  }
  HWY_INLINE void finish() {
    const D d;
    const auto scale = hn::Set(d, T(1) / static_cast<T>(size));
    for (int r = 0; r < count; ++r) {
      if constexpr (norm == RowNorm::layer) h[r] = hn::Mul(hn::SumOfLanes(d, h[r]), scale);
      product[r] = hn::Mul(hn::SumOfLanes(d, product[r]), scale);
      reciprocal[r] = hn::Set(d, scaling[r * vectors].reciprocal);
    }
  }
  template <class Access>
  HWY_INLINE void enter_again(Access access, Index i) {
    gain = access.load(gains + i);
  }
  template <class Access>
  HWY_INLINE V dx(Access access, int r, Index /*row*/, Index i, V dy) const {
    const V centred = norm == RowNorm::layer ? hn::MulSub(dy, gain, h[r]) : hn::Mul(dy, gain);
    return hn::Mul(hn::NegMulAdd(normal(access, r, i), product[r], centred), reciprocal[r]);
  }
};

// Where nothing is normalized.
struct NoGradient {
  template <class... Given>
  HWY_INLINE explicit NoGradient(const Given&... /*given*/) {}
  template <class... Given>
  HWY_INLINE void enter(const Given&... /*given*/) const {}
  template <class... Given>
  HWY_INLINE void add(const Given&... /*given*/) const {}
  template <class... Given>
  HWY_INLINE void leave(const Given&... /*given*/) const {}
};

// Rows [row, row + count) of columns [begin, end).
template <RowNorm norm, int count, class T>
struct RowTile {
  static constexpr bool normalizes = norm != RowNorm::none, per_row = true, beforehand = false;
  template <bool in_place>
  using Gradient = std::conditional_t<normalizes, RowGradient<norm, count, in_place, T>, NoGradient>;

  Index row, ahead;  // how many rows from here those are whose kept values backward asks for
  Index begin, end, vector;

  template <class Body>
  HWY_INLINE void for_rows(const Body& body) const {
    for (int r = 0; r < count; ++r) body(r, row + r);
  }
  template <class Body>
  HWY_INLINE void for_vectors(const Body& body) const {
    const auto shifted = [&](auto access, Index i) NORMLAB_INLINE_LAMBDA { body(access, begin + i); };
    for_each_vector(hn::ScalableTag<T>(), end - begin, shifted);
  }
  template <class Body>
  HWY_INLINE void for_gates(Index first, Index last, Index hidden, Index number, const Body& body) const {
    body(RowTile{row, ahead, first * hidden, last * hidden, number});
  }
  HWY_INLINE void scale(const CellMatrix<T>& m, const CellNorm<T>& settings) const {
    scale_rows<norm, count>(m.x + row * m.width + begin, end - begin, m.width, settings.epsilon,
                            m.scaling + row * m.vectors + vector, m.vectors);
  }
  HWY_INLINE void scale(const CellMatrix<T>& a, const CellMatrix<T>& b, const CellNorm<T>& settings) const {
    const Index at = row * a.width + begin, first = row * a.vectors + vector;
    scale_row_pairs<norm, count>(a.x + at, b.x + at, end - begin, a.width, settings.epsilon,
                                 a.scaling + first, b.scaling + first, a.vectors);
  }
  // n takes the place of x.
  HWY_INLINE void normalize(const CellMatrix<T>& m) const {
    for_rows([&](int, Index r) NORMLAB_INLINE_LAMBDA {
      const RowValues<norm, T> values = at(m, r, vector);
      for_vectors([&](auto access, Index i)
                      NORMLAB_INLINE_LAMBDA { access.store(values.normal(access, i), values.x + i); });
    });
  }
  HWY_INLINE RowValues<norm, T> at(const CellMatrix<T>& m, Index r, Index number) const {
    RowValues<norm, T> values{m.x + r * m.width, m.gain, {}};
    if constexpr (normalizes) values.scaling = m.scaling[r * m.vectors + number];
    return values;
  }
};

template <RowNorm norm>
struct PerRow {
  static constexpr bool normalizes = norm != RowNorm::none;
  template <class T, class Arguments, class Body>
  static HWY_INLINE void for_tiles(const Arguments& a, const Body& body) {
    for_row_blocks(a.part, [&](auto count, Index row) NORMLAB_INLINE_LAMBDA {
      const Index ahead = rows_ahead(row, count.value, a.part.end);
      body(RowTile<norm, count.value, T>{row, ahead, 0, a.hidden, 0});
    });
  }
};
using Plain = PerRow<RowNorm::none>;

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
