// Mean and variance of a row that keep their accuracy when the mean is large. Included once per instruction
// set.
#if defined(NORMLAB_KERNELS_NORM_STATISTICS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMLAB_KERNELS_NORM_STATISTICS_INL_H_
#undef NORMLAB_KERNELS_NORM_STATISTICS_INL_H_
#else
#define NORMLAB_KERNELS_NORM_STATISTICS_INL_H_
#endif

#include <type_traits>

#include "normlab/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

// Calls body(parity, access, i) as for_each_vector does; `parity` alternates between the integral constants 0
// and 1.
template <class D, class Body>
HWY_INLINE void for_each_vector_pair(D d, Index n, const Body& body) {
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  const std::integral_constant<int, 0> even;
  const std::integral_constant<int, 1> odd;
  Index i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    body(even, Whole<D>{d}, i);
    body(odd, Whole<D>{d}, i + lanes);
  }
  for (; i + lanes <= n; i += lanes) body(even, Whole<D>{d}, i);
  if (i < n) body(odd, Part<D>{d, n - i}, i);
}

template <class T>
struct Moments {
  // The mean is mean + correction: where it is large, one number of type T is too coarse for it.
  T mean, correction;
  T variance;  // biased: divided by the count
};

// Sum with four accumulators, so that additions do not wait for each other; whole vectors of [0, n) and the
// rest.
template <class T, class D, class Term>
HWY_INLINE hn::Vec<D> sum_terms(D d, Index n, const Term& term) {
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  auto s0 = hn::Zero(d), s1 = hn::Zero(d), s2 = hn::Zero(d), s3 = hn::Zero(d);
  Index i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    s0 = hn::Add(s0, term(Whole<D>{d}, i));
    s1 = hn::Add(s1, term(Whole<D>{d}, i + lanes));
    s2 = hn::Add(s2, term(Whole<D>{d}, i + 2 * lanes));
    s3 = hn::Add(s3, term(Whole<D>{d}, i + 3 * lanes));
  }
  for (; i + lanes <= n; i += lanes) s0 = hn::Add(s0, term(Whole<D>{d}, i));
  if (i < n) s1 = hn::Add(s1, term(Part<D>{d, n - i}, i));
  return hn::SumOfLanes(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3)));
}

// A number near the mean of a row: the mean of eight vectors spread over it, or of all where it is short. The
// sums are so arranged that a row of equal numbers gives just that number.
template <class T>
HWY_INLINE T rough_mean(const T* x, Index n) {
  const hn::ScalableTag<T> d;
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  if (n < 16 * lanes) {
    const auto total = sum_terms<T>(d, n, [&](auto access, Index i) HWY_ATTR { return access.load(x + i); });
    return hn::GetLane(total) / static_cast<T>(n);
  }
  const Index step = n / 8 / lanes * lanes;
  const auto pair = [&](Index k) HWY_ATTR {
    return hn::Add(hn::LoadU(d, x + k * step), hn::LoadU(d, x + (k + 1) * step));
  };
  const auto total = hn::Add(hn::Add(pair(0), pair(2)), hn::Add(pair(4), pair(6)));
  return sum_of_lanes(d, total) / static_cast<T>(8 * lanes);
}

// Moments of `rows` rows of n numbers that lie behind each other, given a number near each one's mean in
// moments[].mean; false when one was not near enough. Two sums of each kind for a row, so that additions do
// not wait for each other; what is computed for a row does not depend on how many there are.
template <int rows, class T>
HWY_INLINE bool moments_near(const T* x, Index n, Moments<T>* moments) {
  const hn::ScalableTag<T> d;
  hn::Vec<hn::ScalableTag<T>> sum[2][rows], squares[2][rows], mean[rows];
  for (int r = 0; r < rows; ++r) {
    mean[r] = hn::Set(d, moments[r].mean);
    sum[0][r] = sum[1][r] = squares[0][r] = squares[1][r] = hn::Zero(d);
  }
  for_each_vector_pair(d, n, [&](auto parity, auto access, Index i) HWY_ATTR {
    for (int r = 0; r < rows; ++r) {
      const auto deviation = access.keep(hn::Sub(access.load(x + r * n + i), mean[r]));
      sum[parity.value][r] = hn::Add(sum[parity.value][r], deviation);
      squares[parity.value][r] = hn::MulAdd(deviation, deviation, squares[parity.value][r]);
    }
  });
  const T scale = T(1) / static_cast<T>(n);
  bool near = true;
  for (int r = 0; r < rows; ++r) {
    const T correction = sum_of_lanes(d, hn::Add(sum[0][r], sum[1][r])) * scale;
    const T square = sum_of_lanes(d, hn::Add(squares[0][r], squares[1][r])) * scale;
    const T variance = square - correction * correction;
    moments[r].correction = correction;
    moments[r].variance = variance > T(0) ? variance : T(0);
    near = near && correction * correction <= variance;
  }
  return near;
}

// The corrected two-pass algorithm, whose first pass may be rough: what its mean is off by is found and put
// back. Only the variance loses accuracy by it, one bit where the mean is off by the deviation; beyond that
// the row is gone through once more.
template <int rows, class T>
HWY_INLINE void moments_of_rows(const T* x, Index n, Moments<T>* moments) {
  for (int r = 0; r < rows; ++r) moments[r].mean = rough_mean(x + r * n, n);
  const bool near = moments_near<rows>(x, n, moments);
  for (int r = 0; r < rows; ++r) {
    Moments<T>& m = moments[r];
    if (!near && !(m.correction * m.correction <= m.variance)) {
      m.mean += m.correction;
      moments_near<1>(x + r * n, n, &m);
    }
    const T rounded = m.mean + m.correction;
    m.correction += m.mean - rounded;
    m.mean = rounded;
  }
}

// The mean squares of `rows` rows of n numbers that lie behind each other, with two sums for each.
template <int rows, class T>
HWY_INLINE void mean_squares_of_rows(const T* x, Index n, T* squares) {
  const hn::ScalableTag<T> d;
  hn::Vec<hn::ScalableTag<T>> sums[2][rows];
  for (int r = 0; r < rows; ++r) sums[0][r] = sums[1][r] = hn::Zero(d);
  for_each_vector_pair(d, n, [&](auto parity, auto access, Index i) HWY_ATTR {
    for (int r = 0; r < rows; ++r) {
      const auto element = access.load(x + r * n + i);
      sums[parity.value][r] = hn::MulAdd(element, element, sums[parity.value][r]);
    }
  });
  for (int r = 0; r < rows; ++r)
    squares[r] = sum_of_lanes(d, hn::Add(sums[0][r], sums[1][r])) / static_cast<T>(n);
}

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
