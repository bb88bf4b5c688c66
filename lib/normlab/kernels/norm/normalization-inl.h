// Normalizing vectors with known statistics (kernels/norm/normalization.h). Included once per instruction
// set.
#if defined(NORMLAB_KERNELS_NORM_NORMALIZATION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMLAB_KERNELS_NORM_NORMALIZATION_INL_H_
#undef NORMLAB_KERNELS_NORM_NORMALIZATION_INL_H_
#else
#define NORMLAB_KERNELS_NORM_NORMALIZATION_INL_H_
#endif

#include "normlab/kernels/norm/normalization.h"
#include "normlab/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

// n of x; under rms mean and shift are not looked at.
template <RowNorm norm = RowNorm::layer, class V>
HWY_INLINE V normalized(const Normalization<V>& n, V x) {
  if constexpr (norm == RowNorm::rms) return hn::Mul(x, n.reciprocal);
  return hn::MulAdd(hn::Sub(x, n.mean), n.reciprocal, n.shift);
}

// One vector of channels: the parameters stay in registers for the rows they are used on.
template <class T, class Access>
struct ChannelVector {
  using V = typename Access::V;
  Normalization<V> statistics;
  V gain, bias;
  HWY_INLINE ChannelVector(const ChannelNormalization<T>& n, Access access, Index i)
      : statistics{access.load(n.statistics.mean + i), access.load(n.statistics.reciprocal + i),
                   access.load(n.statistics.shift + i)},
        gain(access.load(n.gain + i)),
        bias(access.load(n.bias + i)) {}
  HWY_INLINE V normalized(V x) const { return HWY_NAMESPACE::normalized(statistics, x); }
  HWY_INLINE V affine(V n) const { return hn::MulAdd(n, gain, bias); }
};

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
