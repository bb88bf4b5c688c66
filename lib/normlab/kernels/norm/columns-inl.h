// Normalization down the columns of a row-major matrix: every channel has its own mean and deviation, taken
// over the rows. Batch norm takes them over a batch; group and instance norm over the positions of a sample.
// Included once per instruction set.
//
// All vectors run across channels, so every lane computes one channel and results do not depend on how
// channels are divided into vectors, blocks or threads. What works on a whole block is kept out of line: it
// is used several times by each kernel, and inlining it would multiply the time to compile. Such functions
// take their arguments by value: stores through the pointers in them cannot change a copy, so that it stays
// in registers.
#if defined(NORMLAB_KERNELS_NORM_COLUMNS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMLAB_KERNELS_NORM_COLUMNS_INL_H_
#undef NORMLAB_KERNELS_NORM_COLUMNS_INL_H_
#else
#define NORMLAB_KERNELS_NORM_COLUMNS_INL_H_
#endif

#include <algorithm>
#include <cmath>

#include "normlab/kernels/norm/normalization-inl.h"
#include "normlab/kernels/rows-inl.h"
#include "normlab/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

// Rows that are summed up together before they are added to a total: sums of sums round far less than one
// long sum, and the second pass over them finds them in the second-level cache.
inline constexpr Index rows_per_chunk = 64;
// The most channels that are worked on together: a page, so that what belongs to them stays in the
// first-level cache.
template <class T>
inline constexpr Index channels_per_block = 4096 / static_cast<Index>(sizeof(T));

// Channels that are worked on together. Beyond the caches so many that a matrix is read nearly as it lies in
// memory; in cache four cache lines, which the second pass still finds close by. Results do not depend on it.
template <class T>
HWY_INLINE Index block_width(const RowTraffic& traffic) {
  return traffic.beyond_cache ? channels_per_block<T> : 256 / static_cast<Index>(sizeof(T));
}

// Elements ahead of what is being read that are asked for beyond the caches, a page: a quarter of it was
// slower, and so was leaving it to the hardware, 1.4 times at 65536 x 256.
template <class T>
inline constexpr Index prefetch_distance = 4096 / static_cast<Index>(sizeof(T));

// A block of at most channels_per_block channels of a row-major matrix.
struct ColumnBlock {
  Index rows, channels;
  Index stride;  // elements from one row to the next
  RowTraffic traffic;
};

// Calls body(access, i, row, count) for every vector of channels i of each group of `count` rows of
// [begin, end): up to eight together, for which what belongs to the channels is loaded and stored once, or
// one by one. The count is not made a constant: unrolled, the backward passes were a tenth slower.
template <class D, class Body>
HWY_INLINE void for_each_tile(D d, Index begin, Index end, Index channels, bool together, const Body& body) {
  const Index most = together ? 8 : 1;
  for (Index row = begin; row < end; row += most) {
    const Index count = std::min(most, end - row);
    for_each_vector(d, channels, [&](auto access, Index i) HWY_ATTR { body(access, i, row, count); });
  }
}

// Beyond the caches one row after the other is faster than eight together, 1.2 to 1.5 times at 65536 x 256,
// unless rows are so short that sums wait for each other: 1.5 times slower at 100352 x 32.
inline constexpr Index long_row_bytes = 512;

// The same for rows [begin, end) of a block. What a body computes must not depend on how many rows it gets:
// sums go on from those of the rows before.
template <class T, class Body>
HWY_INLINE void for_each_tile(const ColumnBlock& block, Index begin, Index end, const Body& body) {
  const bool long_rows = block.channels * static_cast<Index>(sizeof(T)) >= long_row_bytes;
  for_each_tile(hn::ScalableTag<T>(), begin, end, block.channels, !(block.traffic.beyond_cache && long_rows),
                body);
}

// What is known of the values of each channel seen so far. `origin` is a number of type T near them (the
// rounded mean of the first chunk); the mean is origin + offset, more precise than one number of type T.
template <class T>
struct ColumnMoments {
  T *origin, *offset;  // (channels)
  T* squares;          // (channels): sum of (x - mean)^2
};

// The sums of `rows` rows x of deviations from the first of them, and of their squares.
template <class T>
HWY_INLINE void chunk_sums(const T* x, ColumnBlock block, Index rows, T* sums, T* squares) {
  std::fill_n(sums, block.channels, T(0));
  std::fill_n(squares, block.channels, T(0));
  for_each_tile<T>(block, 0, rows, [&](auto access, Index i, Index row, Index count) HWY_ATTR {
    const auto origin = access.load(x + i);
    auto sum = access.load(sums + i), square = access.load(squares + i);
    for (Index r = row; r < row + count; ++r) {
      const Index at = r * block.stride + i;
      if (block.traffic.beyond_cache) hwy::Prefetch(x + at + prefetch_distance<T>);
      const auto deviation = hn::Sub(access.load(x + at), origin);
      sum = hn::Add(sum, deviation);
      square = hn::MulAdd(deviation, deviation, square);
    }
    access.store(sum, sums + i);
    access.store(square, squares + i);
  });
}

// Moments of one chunk, of deviations d from its first row, so that one pass is enough:
//   mean = x_0 + sum d / n,  squares = sum d^2 - (sum d)^2 / n.
// Being one of the n numbers, x_0 is at most sqrt(n - 1) deviations off the mean, so that the subtraction
// costs six bits at worst, of a single chunk; of numbers in no order, one. They are merged into the moments
// of the `seen` rows before (Chan, Golub, LeVeque 1983): with delta the difference of the means,
//   mean += delta n_chunk / n,  squares += squares_chunk + delta^2 n_seen n_chunk / n.
template <class T>
HWY_INLINE void merge_chunk(const T* values, ColumnBlock block, Index seen, const ColumnMoments<T>& moments) {
  const hn::ScalableTag<T> d;
  HWY_ALIGN T sums[channels_per_block<T>];
  HWY_ALIGN T squares[channels_per_block<T>];
  const Index rows = std::min(rows_per_chunk, block.rows - seen);
  const T* x = values + seen * block.stride;
  chunk_sums(x, block, rows, sums, squares);
  const T total = static_cast<T>(seen + rows);
  const auto scale = hn::Set(d, T(1) / static_cast<T>(rows));
  const auto mean_share = hn::Set(d, static_cast<T>(rows) / total);
  const auto square_share = hn::Set(d, static_cast<T>(seen) * static_cast<T>(rows) / total);
  for_each_vector(d, block.channels, [&](auto access, Index i) HWY_ATTR {
    const auto origin = access.load(x + i), sum = access.load(sums + i);
    const auto offset = hn::Mul(sum, scale);
    const auto difference = hn::NegMulAdd(sum, offset, access.load(squares + i));
    const auto square = hn::IfThenZeroElse(hn::Lt(difference, hn::Zero(d)), difference);
    if (seen == 0) {
      const auto mean = hn::Add(origin, offset);
      access.store(mean, moments.origin + i);
      access.store(hn::Sub(offset, hn::Sub(mean, origin)), moments.offset + i);
      access.store(square, moments.squares + i);
      return;
    }
    const auto before = access.load(moments.offset + i);
    const auto delta = hn::Sub(hn::Add(hn::Sub(origin, access.load(moments.origin + i)), offset), before);
    const auto merged = hn::Add(access.load(moments.squares + i), square);
    access.store(hn::MulAdd(delta, mean_share, before), moments.offset + i);
    access.store(hn::MulAdd(hn::Mul(delta, delta), square_share, merged), moments.squares + i);
  });
}

template <class T>
HWY_NOINLINE void column_moments(const T* x, const ColumnBlock& block, const ColumnMoments<T>& moments) {
  for (Index seen = 0; seen < block.rows; seen += rows_per_chunk) merge_chunk(x, block, seen, moments);
}

// From moments over `count` values per channel to what normalizes them (kernels/norm/normalization.h), in
// place: squares becomes the reciprocal, offset the shift.
template <class T>
HWY_NOINLINE void finish_moments(const ColumnMoments<T>& moments, Index channels, Index count, T epsilon) {
  const hn::ScalableTag<T> d;
  const auto one = hn::Set(d, T(1));
  const auto scale = hn::Set(d, T(1) / static_cast<T>(count));
  for_each_vector(d, channels, [&](auto access, Index i) HWY_ATTR {
    const auto variance = hn::Mul(access.load(moments.squares + i), scale);
    const auto reciprocal = hn::Div(one, hn::Sqrt(hn::Add(variance, hn::Set(d, epsilon))));
    access.store(reciprocal, moments.squares + i);
    access.store(hn::Neg(hn::Mul(access.load(moments.offset + i), reciprocal)), moments.offset + i);
  });
}

// y = f(z) of a block.
template <Activation activation, class T>
HWY_NOINLINE void normalize_columns(const T* x, T* y, ColumnBlock block,
                                    ChannelNormalization<T> normalization) {
  const hn::ScalableTag<T> d;
  for_each_tile<T>(block, 0, block.rows, [&](auto access, Index i, Index row, Index count) HWY_ATTR {
    const ChannelVector<T, decltype(access)> column(normalization, access, i);
    for (Index r = row; r < row + count; ++r) {
      const Index at = r * block.stride + i;
      if (block.traffic.beyond_cache) hwy::Prefetch(x + at + prefetch_distance<T>);
      const auto z = column.affine(column.normalized(access.load(x + at)));
      store_result(block.traffic, access, activate<activation>(d, z), y + at);
    }
  });
  if (block.traffic.streaming) hwy::FlushStream();
}

// The layer's output, its gradient, its input and the gradient of that; all (rows, channels).
template <class T>
struct ColumnGradient {
  const T *x, *y, *dy;
  T* dx;
};

// Per channel: sum of g, and sum of g n.
template <Activation activation, class T>
HWY_NOINLINE void column_gradient_sums(ColumnGradient<T> a, ColumnBlock block,
                                       ChannelNormalization<T> normalization, T* sum, T* product_sum) {
  const hn::ScalableTag<T> d;
  std::fill_n(sum, block.channels, T(0));
  std::fill_n(product_sum, block.channels, T(0));
  for (Index first = 0; first < block.rows; first += rows_per_chunk) {
    HWY_ALIGN T chunk_sum[channels_per_block<T>];
    HWY_ALIGN T chunk_products[channels_per_block<T>];
    std::fill_n(chunk_sum, block.channels, T(0));
    std::fill_n(chunk_products, block.channels, T(0));
    const Index end = std::min(first + rows_per_chunk, block.rows);
    for_each_tile<T>(block, first, end, [&](auto access, Index i, Index row, Index count) HWY_ATTR {
      const ChannelVector<T, decltype(access)> column(normalization, access, i);
      auto g_sum = access.load(chunk_sum + i), products = access.load(chunk_products + i);
      for (Index r = row; r < row + count; ++r) {
        const Index at = r * block.stride + i;
        if (block.traffic.beyond_cache) {
          hwy::Prefetch(a.x + at + prefetch_distance<T>);
          hwy::Prefetch(a.dy + at + prefetch_distance<T>);
        }
        const auto n = column.normalized(access.load(a.x + at));
        const auto g = loaded_gradient<activation>(access, column.affine(n), a.dy + at, a.y + at);
        g_sum = hn::Add(g_sum, g);
        products = hn::MulAdd(g, n, products);
      }
      access.store(g_sum, chunk_sum + i);
      access.store(products, chunk_products + i);
    });
    for_each_vector(d, block.channels, [&](auto access, Index i) HWY_ATTR {
      access.store(hn::Add(access.load(sum + i), access.load(chunk_sum + i)), sum + i);
      access.store(hn::Add(access.load(product_sum + i), access.load(chunk_products + i)), product_sum + i);
    });
  }
}

// dx = r (gain g - mean_h - n mean_product), where h = gain g, and the two means, of h and of h n, are taken
// over everything that shares the channel's statistics.
template <Activation activation, class T>
HWY_NOINLINE void column_input_gradients(ColumnGradient<T> a, ColumnBlock block,
                                         ChannelNormalization<T> normalization, const T* mean_h,
                                         const T* mean_product) {
  for_each_tile<T>(block, 0, block.rows, [&](auto access, Index i, Index row, Index count) HWY_ATTR {
    const ChannelVector<T, decltype(access)> column(normalization, access, i);
    const auto h_share = access.load(mean_h + i);
    const auto n_share = access.load(mean_product + i);
    for (Index r = row; r < row + count; ++r) {
      const Index at = r * block.stride + i;
      if (block.traffic.beyond_cache) {
        hwy::Prefetch(a.x + at + prefetch_distance<T>);
        hwy::Prefetch(a.dy + at + prefetch_distance<T>);
      }
      const auto n = column.normalized(access.load(a.x + at));
      const auto g = loaded_gradient<activation>(access, column.affine(n), a.dy + at, a.y + at);
      const auto centred = hn::MulSub(g, column.gain, h_share);
      const auto dx = hn::Mul(hn::NegMulAdd(n, n_share, centred), column.statistics.reciprocal);
      store_result(block.traffic, access, dx, a.dx + at);
    }
  });
  if (block.traffic.streaming) hwy::FlushStream();
}

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
