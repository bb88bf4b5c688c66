// How kernels that normalize rows go through them. Included once per instruction set.
//
// In cache the arithmetic counts: several rows are worked on together, so that what belongs to the channels
// is loaded and stored once for them and their sums do not wait for each other. Beyond the caches only memory
// counts: one row after the other, as the hardware's prefetchers like it, the next rows asked for while this
// one is computed, and results written past the caches.
#if defined(NORMLAB_KERNELS_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMLAB_KERNELS_ROWS_INL_H_
#undef NORMLAB_KERNELS_ROWS_INL_H_
#else
#define NORMLAB_KERNELS_ROWS_INL_H_
#endif

#include <hwy/cache_control.h>

#include <cstdint>
#include <type_traits>

#include "normlab/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

// Two: with four rows AVX-512 ran no faster in cache (128 x 1000), and AVX2 has too few registers for them.
inline constexpr int rows_together = 2;

// Results from here on go past the caches (bytes). An ordinary store first reads the line that it overwrites;
// whoever reads the result next would find at most a part of so much in a core's share of the last-level
// cache.
inline constexpr Index streaming_bytes = Index{1} << 23;

// Where the rows of one call lie.
struct RowTraffic {
  bool beyond_cache;  // more than streaming_bytes are written
  bool streaming;     // and every row consists of whole aligned vectors, which may be stored past the caches

  // stride: elements from one row of the result to the next.
  template <class T>
  HWY_INLINE RowTraffic(const T* result, Index rows, Index row_length, Index stride) {
    constexpr std::uintptr_t vector = sizeof(T) * hn::MaxLanes(hn::ScalableTag<T>());
    const auto row_bytes = static_cast<std::uintptr_t>(row_length) * sizeof(T);
    const auto stride_bytes = static_cast<std::uintptr_t>(stride) * sizeof(T);
    beyond_cache = rows * static_cast<Index>(row_bytes) > streaming_bytes;
    streaming = beyond_cache && (reinterpret_cast<std::uintptr_t>(result) % vector == 0) &&
                row_bytes % vector == 0 && stride_bytes % vector == 0;
  }
  template <class T>
  HWY_INLINE RowTraffic(const T* result, Index rows, Index row_length)
      : RowTraffic(result, rows, row_length, row_length) {}
};

// Calls body(rows, row) for the rows of [begin, end), rows_together at a time and the last ones one by one,
// or all one by one; `rows` is an integral constant.
template <class Body>
HWY_INLINE void for_each_row_group(Index begin, Index end, bool together, const Body& body) {
  Index row = begin;
  for (; together && row + rows_together <= end; row += rows_together)
    body(std::integral_constant<int, rows_together>(), row);
  for (; row < end; ++row) body(std::integral_constant<int, 1>(), row);
}

// Stores a result; the caller ends with hwy::FlushStream() when it streamed.
template <class Access, class V, class T>
HWY_INLINE void store_result(const RowTraffic& traffic, Access access, V v, T* p) {
  if (traffic.streaming) {
    hn::Stream(v, access.d, p);
  } else {
    access.store(v, p);
  }
}

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
