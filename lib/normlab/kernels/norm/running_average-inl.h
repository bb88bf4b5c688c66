// Running averages of vectors of channels; kernels/norm/running_average.h says what they are. Included once
// per instruction set.
#if defined(NORMLAB_KERNELS_NORM_RUNNING_AVERAGE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMLAB_KERNELS_NORM_RUNNING_AVERAGE_INL_H_
#undef NORMLAB_KERNELS_NORM_RUNNING_AVERAGE_INL_H_
#else
#define NORMLAB_KERNELS_NORM_RUNNING_AVERAGE_INL_H_
#endif

#include "normlab/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

// Which operations round the average. The two are one formula and differ in the last bit: each kernel keeps
// the one that recorded runs were made with.
enum class AverageRounding {
  difference,  // running + momentum (statistic - running): layers
  products,    // (1 - momentum) running + momentum statistic: recurrent cells
};

template <AverageRounding rounding, class D>
HWY_INLINE hn::Vec<D> moved_average(D d, hn::Vec<D> running, hn::Vec<D> statistic, hn::TFromD<D> momentum) {
  const auto share = hn::Set(d, momentum);
  if constexpr (rounding == AverageRounding::difference)
    return hn::MulAdd(share, hn::Sub(statistic, running), running);
  return hn::MulAdd(share, statistic, hn::Mul(hn::Set(d, hn::TFromD<D>(1) - momentum), running));
}

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
