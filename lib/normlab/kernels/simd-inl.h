// What every SIMD kernel shares. Included once per instruction set by Highway's foreach_target, hence no
// #pragma once.
#if defined(NORMLAB_KERNELS_SIMD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMLAB_KERNELS_SIMD_INL_H_
#undef NORMLAB_KERNELS_SIMD_INL_H_
#else
#define NORMLAB_KERNELS_SIMD_INL_H_
#endif

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include "normlab/core/tensor.h"
#include "normlab/kernels/activation.h"

// From AVX2 on, masked loads and stores touch no memory behind the mask. Highway has both since 0.17.
#undef NORMLAB_MASKED_ACCESS
#define NORMLAB_MASKED_ACCESS (HWY_TARGET <= HWY_AVX2 && (HWY_MAJOR > 0 || HWY_MINOR >= 17))

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Access to a whole vector.
template <class D>
struct Whole {
  using T = hn::TFromD<D>;
  using V = hn::Vec<D>;
  D d;
  HWY_INLINE V load(const T* p) const { return hn::LoadU(d, p); }
  HWY_INLINE void store(V v, T* p) const { hn::StoreU(v, d, p); }
  HWY_INLINE V keep(V v) const { return v; }  // v, with zeros in the lanes beyond the end
};

// Access to the first `count` lanes, fewer than a vector holds; the others read as zero and are not written.
template <class D>
struct Part {
  using T = hn::TFromD<D>;
  using V = hn::Vec<D>;
  D d;
  Index count;
  HWY_INLINE V load(const T* p) const {
#if NORMLAB_MASKED_ACCESS
    return hn::MaskedLoad(hn::FirstN(d, static_cast<std::size_t>(count)), d, p);
#else
    HWY_ALIGN T lanes[HWY_MAX_BYTES / sizeof(T)] = {};
    for (Index i = 0; i < count; ++i) lanes[i] = p[i];
    return hn::Load(d, lanes);
#endif
  }
  HWY_INLINE void store(V v, T* p) const {
#if NORMLAB_MASKED_ACCESS
    hn::BlendedStore(v, hn::FirstN(d, static_cast<std::size_t>(count)), d, p);
#else
    HWY_ALIGN T lanes[HWY_MAX_BYTES / sizeof(T)];
    hn::Store(v, d, lanes);
    for (Index i = 0; i < count; ++i) p[i] = lanes[i];
#endif
  }
  HWY_INLINE V keep(V v) const {
    return hn::IfThenElseZero(hn::FirstN(d, static_cast<std::size_t>(count)), v);
  }
};

// Calls body(access, i) for i = 0, lanes, 2 lanes, ...; the last call may get a Part.
template <class D, class Body>
HWY_INLINE void for_each_vector(D d, Index n, const Body& body) {
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  Index i = 0;
  for (; i + lanes <= n; i += lanes) body(Whole<D>{d}, i);
  if (i < n) body(Part<D>{d, n - i}, i);
}

template <class D>
HWY_INLINE hn::TFromD<D> sum_of_lanes(D d, hn::Vec<D> v) {
  return hn::GetLane(hn::SumOfLanes(d, v));
}

// Highway's Exp and Tanh turn a not-a-number into a number; a diverged run must not look healthy.
template <class D>
HWY_INLINE hn::Vec<D> tanh(D d, hn::Vec<D> x) {
  return hn::IfThenElse(hn::Eq(x, x), hn::Tanh(d, x), x);
}

// 1 / (1 + exp(-x)); hwy's Exp is accurate to 1 ulp, and flushes to 0 far below, which gives 1 here.
template <class D>
HWY_INLINE hn::Vec<D> sigmoid(D d, hn::Vec<D> x) {
  const auto one = hn::Set(d, hn::TFromD<D>(1));
  return hn::IfThenElse(hn::Eq(x, x), hn::Div(one, hn::Add(one, hn::Exp(d, hn::Neg(x)))), x);
}

// GELU in its tanh form (Hendrycks & Gimpel 2016): x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))).
template <class D>
HWY_INLINE hn::Vec<D> gelu(D d, hn::Vec<D> x) {
  using T = hn::TFromD<D>;
  const auto cubic = hn::MulAdd(hn::Mul(hn::Set(d, T(0.044715)), hn::Mul(x, x)), x, x);
  const auto t = tanh(d, hn::Mul(hn::Set(d, T(0.7978845608028654)), cubic));
  return hn::Mul(hn::Mul(hn::Set(d, T(0.5)), x), hn::Add(hn::Set(d, T(1)), t));
}

template <class D>
HWY_INLINE hn::Vec<D> gelu_derivative(D d, hn::Vec<D> x) {
  using T = hn::TFromD<D>;
  const auto one = hn::Set(d, T(1));
  const auto half = hn::Set(d, T(0.5));
  const auto square = hn::Mul(x, x);
  const auto cubic = hn::MulAdd(hn::Mul(hn::Set(d, T(0.044715)), square), x, x);
  const auto t = tanh(d, hn::Mul(hn::Set(d, T(0.7978845608028654)), cubic));
  const auto inner =
      hn::Mul(hn::Set(d, T(0.7978845608028654)), hn::MulAdd(hn::Set(d, T(3 * 0.044715)), square, one));
  return hn::MulAdd(hn::Mul(hn::Mul(half, x), hn::NegMulAdd(t, t, one)), inner,
                    hn::Mul(half, hn::Add(one, t)));
}

// The activation f(z), chosen at compile time so that a fused loop has no branch in it.
template <Activation activation, class D>
HWY_INLINE hn::Vec<D> activate(D d, hn::Vec<D> z) {
  // Not Max, which on some instruction sets prefers a number to what is not one; that must not vanish.
  if constexpr (activation == Activation::relu) return hn::IfThenZeroElse(hn::Lt(z, hn::Zero(d)), z);
  if constexpr (activation == Activation::tanh) return tanh(d, z);
  if constexpr (activation == Activation::gelu) return gelu(d, z);
  return z;
}

// dy * f'(z), given y = f(z). relu and tanh look only at y, gelu only at z.
template <Activation activation, class D>
HWY_INLINE hn::Vec<D> activation_gradient(D d, hn::Vec<D> dy, hn::Vec<D> z, hn::Vec<D> y) {
  if constexpr (activation == Activation::relu) return hn::IfThenElseZero(hn::Gt(y, hn::Zero(d)), dy);
  if constexpr (activation == Activation::tanh) {
    return hn::Mul(dy, hn::NegMulAdd(y, y, hn::Set(d, hn::TFromD<D>(1))));
  }
  if constexpr (activation == Activation::gelu) return hn::Mul(dy, gelu_derivative(d, z));
  return dy;
}

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
