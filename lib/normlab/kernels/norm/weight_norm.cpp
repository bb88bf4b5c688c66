#include "normlab/kernels/norm/weight_norm.h"

#include <cmath>

#include "normlab/kernels/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "normlab/kernels/norm/weight_norm.cpp"
#include <hwy/foreach_target.h>

#include "normlab/kernels/norm/statistics-inl.h"
#include "normlab/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

template <class T>
HWY_INLINE T dot_product(const T* a, const T* b, Index n) {
  const hn::ScalableTag<T> d;
  return hn::GetLane(sum_terms<T>(
      d, n, [&](auto access, Index i) HWY_ATTR { return hn::Mul(access.load(a + i), access.load(b + i)); }));
}

template <class T>
void weight_norm_forward(const WeightNormForward<T>& a) {
  const hn::ScalableTag<T> d;
  for (Index row = 0; row < a.rows; ++row) {
    const T* v = a.v + row * a.columns;
    T* w = a.w + row * a.columns;
    a.reciprocal_norm[row] = T(1) / std::sqrt(dot_product(v, v, a.columns));
    const auto scale = hn::Set(d, a.g[row] * a.reciprocal_norm[row]);
    for_each_vector(d, a.columns, [&](auto access, Index i) HWY_ATTR {
      access.store(hn::Mul(access.load(v + i), scale), w + i);
    });
  }
}

template <class T>
void weight_norm_backward(const WeightNormBackward<T>& a) {
  const hn::ScalableTag<T> d;
  for (Index row = 0; row < a.rows; ++row) {
    const T* v = a.v + row * a.columns;
    const T* dw = a.dw + row * a.columns;
    T* dv = a.dv + row * a.columns;
    const T reciprocal = a.reciprocal_norm[row];
    a.dg[row] = dot_product(dw, v, a.columns) * reciprocal;
    const auto scale = hn::Set(d, a.g[row] * reciprocal);
    const auto along = hn::Set(d, a.dg[row] * reciprocal);
    for_each_vector(d, a.columns, [&](auto access, Index i) HWY_ATTR {
      const auto across = hn::NegMulAdd(access.load(v + i), along, access.load(dw + i));
      access.store(hn::Mul(across, scale), dv + i);
    });
  }
}

NORMLAB_TARGET_KERNEL(weight_norm_forward, WeightNormForward);
NORMLAB_TARGET_KERNEL(weight_norm_backward, WeightNormBackward);

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace normlab {
NORMLAB_EXPORT_KERNEL(weight_norm_forward, WeightNormForward);
NORMLAB_EXPORT_KERNEL(weight_norm_backward, WeightNormBackward);
}  // namespace normlab
#endif
