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

// For the lambdas of inner loops: a compiler that leaves a long one as a function of its own, as GCC does,
// loads everything that it captures for every vector. The sanitizers' checks make inlined kernels take
// minutes to compile.
#undef NORMLAB_INLINE_LAMBDA
#if HWY_COMPILER_MSVC || defined(NORMLAB_SANITIZED)
#define NORMLAB_INLINE_LAMBDA HWY_ATTR
#else
#define NORMLAB_INLINE_LAMBDA HWY_ATTR __attribute__((always_inline))
#endif

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

// x limited to [low, high]; what is no number stays so. x86's Min and Max return their second operand when
// one is not a number, others need to be told.
template <class D>
HWY_INLINE hn::Vec<D> clamp(D d, hn::Vec<D> x, hn::TFromD<D> low, hn::TFromD<D> high) {
  const auto limited = hn::Max(hn::Set(d, low), hn::Min(hn::Set(d, high), x));
#if HWY_TARGET <= HWY_AVX2
  return limited;
#else
  return hn::IfThenElse(hn::Eq(x, x), limited, x);
#endif
}

// exp(y) = scale (1 + rest) with scale a power of two and rest in [-0.30, 0.42].
template <class V>
struct ExpParts {
  V scale, rest;
};

// For single precision and y in [-88, 88.7]; beyond 2^127.5 scale is infinite, below 2^-126.5 it is 0. With
// k = round(y / log 2) and r = y - k log 2, log 2 in two parts of which the first has 9 trailing zeros,
//   rest = exp(r) - 1 = r + r^2 p(r),
// where p is the Chebyshev fit of degree 4; the relative error of 1 + rest from the fit is 8e-9. Adding
// 1.5 2^23 rounds to an integer, and leaves k + 127 in the lowest bits, from where it moves to the exponent.
template <class D>
HWY_INLINE ExpParts<hn::Vec<D>> exp_parts(D d, hn::Vec<D> y) {
  const hn::RebindToUnsigned<D> bits;
  const auto round = hn::Set(d, 12582912.0F + 127.0F);
  const auto shifted = hn::MulAdd(y, hn::Set(d, 1.44269504F), round);
  const auto k = hn::Sub(shifted, round);
  const auto r = hn::NegMulAdd(k, hn::Set(d, 1.42860677e-6F), hn::NegMulAdd(k, hn::Set(d, 0.693145752F), y));
  auto p = hn::MulAdd(hn::Set(d, 0.00139262135F), r, hn::Set(d, 0.00836320297F));
  p = hn::MulAdd(p, r, hn::Set(d, 0.0416665544F));
  p = hn::MulAdd(p, r, hn::Set(d, 0.166665768F));
  p = hn::MulAdd(p, r, hn::Set(d, 0.5F));
  return {hn::BitCast(d, hn::ShiftLeft<23>(hn::BitCast(bits, shifted))), hn::MulAdd(hn::Mul(r, r), p, r)};
}

// tanh(x) = e / (e + 2) with e = exp(2x) - 1, whose relative error stays small near 0. Single precision is
// within 3 units in the last place of tanh and exactly -1 or 1 beyond 9.25; double precision within Highway's
// bound, whose Tanh turns a not-a-number into a number: a diverged run must not look healthy.
template <class D>
HWY_INLINE hn::Vec<D> tanh(D d, hn::Vec<D> x) {
  if constexpr (sizeof(hn::TFromD<D>) == sizeof(float)) {
    const auto doubled = clamp(d, hn::Add(x, x), -18.5F, 18.5F);
    const auto [scale, rest] = exp_parts(d, doubled);
    const auto e = hn::MulAdd(scale, rest, hn::Sub(scale, hn::Set(d, 1.0F)));
    return hn::Div(e, hn::Add(e, hn::Set(d, 2.0F)));
  } else {
    return hn::IfThenElse(hn::Eq(x, x), hn::Tanh(d, x), x);
  }
}

// 1 / (1 + exp(-x)). Single precision is within 3 units in the last place, 0 where the result would be
// subnormal; double precision within Highway's bound, see tanh.
template <class D>
HWY_INLINE hn::Vec<D> sigmoid(D d, hn::Vec<D> x) {
  using T = hn::TFromD<D>;
  const auto one = hn::Set(d, T(1));
  if constexpr (sizeof(T) == sizeof(float)) {
    const auto [scale, rest] = exp_parts(d, clamp(d, hn::Neg(x), -88.0F, 88.7F));
    return hn::Div(one, hn::MulAdd(scale, hn::Add(one, rest), one));
  } else {
    return hn::IfThenElse(hn::Eq(x, x), hn::Div(one, hn::Add(one, hn::Exp(d, hn::Neg(x)))), x);
  }
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

// The same from memory. Only tanh reads y: z is at hand, and its sign is that of relu's output.
template <Activation activation, class Access, class V, class T>
HWY_INLINE V loaded_gradient(Access access, V z, const T* dy, const T* y) {
  auto output = z;
  if constexpr (activation == Activation::tanh) output = access.load(y);
  return activation_gradient<activation>(access.d, access.load(dy), z, output);
}

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
