#include "normlab/kernels/norm/dynamic_tanh.h"

#include <algorithm>

#include "normlab/kernels/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "normlab/kernels/norm/dynamic_tanh.cpp"
#include <hwy/foreach_target.h>

#include "normlab/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

template <Activation activation, class T>
void dynamic_tanh_forward_fused(const DynamicTanhForward<T>& a) {
  const hn::ScalableTag<T> d;
  const auto alpha = hn::Set(d, a.alpha);
  for (Index row = 0; row < a.rows; ++row) {
    const T* x = a.x + row * a.channels;
    T* y = a.y + row * a.channels;
    for_each_vector(d, a.channels, [&](auto access, Index i) HWY_ATTR {
      const auto t = tanh(d, hn::Mul(alpha, access.load(x + i)));
      const auto z = hn::MulAdd(t, access.load(a.gain + i), access.load(a.bias + i));
      access.store(activate<activation>(d, z), y + i);
    });
  }
}

// Eight rows at a time, so that the gradients of gain and bias are loaded and stored once for eight
// additions; sums of eight also round less than one long sum. t is computed again: it costs less than the
// memory traffic of keeping it.
template <Activation activation, class T>
void dynamic_tanh_backward_fused(const DynamicTanhBackward<T>& a) {
  const hn::ScalableTag<T> d;
  const auto alpha = hn::Set(d, a.alpha), one = hn::Set(d, T(1));
  for (Index row = 0; row < a.rows; row += 8) {
    const Index first = row * a.channels;
    const Index rows = std::min<Index>(8, a.rows - row);
    auto dalpha = hn::Zero(d);
    for_each_vector(d, a.channels, [&](auto access, Index i) HWY_ATTR {
      const auto gain = access.load(a.gain + i), bias = access.load(a.bias + i);
      auto dgain = hn::Zero(d), dbias = hn::Zero(d);
      for (Index at = first + i, r = 0; r < rows; ++r, at += a.channels) {
        const auto x = access.load(a.x + at);
        const auto t = tanh(d, hn::Mul(alpha, x));
        const auto g = loaded_gradient<activation>(access, hn::MulAdd(t, gain, bias), a.dy + at, a.y + at);
        dbias = hn::Add(dbias, g);
        dgain = hn::MulAdd(g, t, dgain);
        const auto h = hn::Mul(hn::Mul(g, gain), hn::NegMulAdd(t, t, one));
        dalpha = hn::MulAdd(h, x, dalpha);
        access.store(hn::Mul(h, alpha), a.dx + at);
      }
      access.store(hn::Add(access.load(a.dgain + i), dgain), a.dgain + i);
      access.store(hn::Add(access.load(a.dbias + i), dbias), a.dbias + i);
    });
    *a.dalpha += sum_of_lanes(d, dalpha);
  }
}

template <class T>
void dynamic_tanh_forward(const DynamicTanhForward<T>& a) {
  NORMLAB_WITH_ACTIVATION(a.activation, dynamic_tanh_forward_fused, a);
}

template <class T>
void dynamic_tanh_backward(const DynamicTanhBackward<T>& a) {
  NORMLAB_WITH_ACTIVATION(a.activation, dynamic_tanh_backward_fused, a);
}

NORMLAB_TARGET_KERNEL(dynamic_tanh_forward, DynamicTanhForward);
NORMLAB_TARGET_KERNEL(dynamic_tanh_backward, DynamicTanhBackward);

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace normlab {
NORMLAB_EXPORT_KERNEL(dynamic_tanh_forward, DynamicTanhForward);
NORMLAB_EXPORT_KERNEL(dynamic_tanh_backward, DynamicTanhBackward);
}  // namespace normlab
#endif
