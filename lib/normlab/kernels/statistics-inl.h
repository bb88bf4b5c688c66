// Mean and variance of a row that keep their accuracy when the mean is large. Included once per instruction
// set.
#if defined(NORMLAB_KERNELS_STATISTICS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMLAB_KERNELS_STATISTICS_INL_H_
#undef NORMLAB_KERNELS_STATISTICS_INL_H_
#else
#define NORMLAB_KERNELS_STATISTICS_INL_H_
#endif

#include "normlab/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

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

// The corrected two-pass algorithm: a first mean, then deviations d from it;
//   correction = mean(d),  variance = mean(d^2) - mean(d)^2,
// where mean(d) is only the rounding error of the first mean.
template <class T>
HWY_INLINE Moments<T> row_moments(const T* x, Index n) {
  const hn::ScalableTag<T> d;
  const T scale = T(1) / static_cast<T>(n);
  const auto total = sum_terms<T>(d, n, [&](auto access, Index i) HWY_ATTR { return access.load(x + i); });
  const T first_mean = hn::GetLane(total) * scale;
  const auto mean = hn::Set(d, first_mean);
  auto deviation_sum = hn::Zero(d);
  const auto squares = sum_terms<T>(d, n, [&](auto access, Index i) HWY_ATTR {
    const auto deviation = access.keep(hn::Sub(access.load(x + i), mean));
    deviation_sum = hn::Add(deviation_sum, deviation);
    return hn::Mul(deviation, deviation);
  });
  const T correction = sum_of_lanes(d, deviation_sum) * scale;
  const T variance = hn::GetLane(squares) * scale - correction * correction;
  return {first_mean, correction, variance > T(0) ? variance : T(0)};
}

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
