#include "normlab/kernels/norm/bias.h"

#include <algorithm>

#include "normlab/kernels/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "normlab/kernels/norm/bias.cpp"
#include <hwy/foreach_target.h>

#include "normlab/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

template <Activation activation, class T>
void bias_forward_fused(const BiasForward<T>& a) {
  const hn::ScalableTag<T> d;
  for (Index row = 0; row < a.rows; ++row) {
    const T* x = a.x + row * a.channels;
    T* y = a.y + row * a.channels;
    for_each_vector(d, a.channels, [&](auto access, Index i) HWY_ATTR {
      access.store(activate<activation>(d, hn::Add(access.load(x + i), access.load(a.bias + i))), y + i);
    });
  }
}

// Eight rows at a time, so that dbias is loaded and stored once for eight additions; sums of eight also round
// less than one long sum.
template <Activation activation, class T>
void bias_backward_fused(const BiasBackward<T>& a) {
  const hn::ScalableTag<T> d;
  for (Index row = 0; row < a.rows; row += 8) {
    const Index first = row * a.channels;
    const Index rows = std::min<Index>(8, a.rows - row);
    for_each_vector(d, a.channels, [&](auto access, Index i) HWY_ATTR {
      const auto bias = access.load(a.bias + i);
      auto sum = hn::Zero(d);
      for (Index at = first + i, r = 0; r < rows; ++r, at += a.channels) {
        auto z = hn::Zero(d), y = hn::Zero(d);
        if constexpr (activation == Activation::gelu) z = hn::Add(access.load(a.x + at), bias);
        if constexpr (activation == Activation::relu || activation == Activation::tanh)
          y = access.load(a.y + at);
        const auto g = activation_gradient<activation>(d, access.load(a.dy + at), z, y);
        sum = hn::Add(sum, g);
        access.store(g, a.dx + at);
      }
      access.store(hn::Add(access.load(a.dbias + i), sum), a.dbias + i);
    });
  }
}

template <class T>
void bias_forward(const BiasForward<T>& a) {
  NORMLAB_WITH_ACTIVATION(a.activation, bias_forward_fused, a);
}

template <class T>
void bias_backward(const BiasBackward<T>& a) {
  NORMLAB_WITH_ACTIVATION(a.activation, bias_backward_fused, a);
}

NORMLAB_TARGET_KERNEL(bias_forward, BiasForward);
NORMLAB_TARGET_KERNEL(bias_backward, BiasBackward);

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace normlab {
NORMLAB_EXPORT_KERNEL(bias_forward, BiasForward);
NORMLAB_EXPORT_KERNEL(bias_backward, BiasBackward);
}  // namespace normlab
#endif
