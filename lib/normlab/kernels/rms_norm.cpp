#include "normlab/kernels/rms_norm.h"

#include <cmath>

#include "normlab/kernels/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "normlab/kernels/rms_norm.cpp"
#include <hwy/foreach_target.h>

#include "normlab/kernels/rows-inl.h"
#include "normlab/kernels/simd-inl.h"
#include "normlab/kernels/statistics-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

template <Activation activation, class T>
void rms_norm_forward_fused(const RmsNormForward<T>& a) {
  const hn::ScalableTag<T> d;
  const Index length = a.positions * a.channels;
  const RowTraffic traffic(a.y, a.samples * a.positions, a.channels);
  for (Index sample = 0; sample < a.samples; ++sample) {
    const T* x = a.x + sample * length;
    T* y = a.y + sample * length;
    const auto squares = sum_terms<T>(d, length, [&](auto access, Index i) HWY_ATTR {
      const auto element = access.load(x + i);
      return hn::Mul(element, element);
    });
    const T square = hn::GetLane(squares) / static_cast<T>(length);
    a.reciprocal_root[sample] = T(1) / std::sqrt(square + a.epsilon);
    const auto reciprocal = hn::Set(d, a.reciprocal_root[sample]);
    for (Index position = 0; position < a.positions; ++position, x += a.channels, y += a.channels) {
      for_each_vector(d, a.channels, [&](auto access, Index i) HWY_ATTR {
        if (traffic.beyond_cache) hwy::Prefetch(x + i + 2 * a.channels);
        const auto normalized = hn::Mul(access.load(x + i), reciprocal);
        const auto z = hn::Mul(normalized, access.load(a.gain + i));
        store_result(traffic, access, activate<activation>(d, z), y + i);
      });
    }
  }
  if (traffic.streaming) hwy::FlushStream();
}

// First pass over a sample: the sum that dx needs, and the gain's gradient. dx receives h in between.
template <Activation activation, class T>
void rms_norm_backward_fused(const RmsNormBackward<T>& a) {
  const hn::ScalableTag<T> d;
  const Index length = a.positions * a.channels;
  for (Index sample = 0; sample < a.samples; ++sample) {
    const auto reciprocal = hn::Set(d, a.reciprocal_root[sample]);
    auto product_sum = hn::Zero(d);
    for (Index position = 0; position < a.positions; ++position) {
      const Index offset = sample * length + position * a.channels;
      for_each_vector(d, a.channels, [&](auto access, Index i) HWY_ATTR {
        const Index at = offset + i;
        const auto normalized = hn::Mul(access.load(a.x + at), reciprocal);
        const auto gain = access.load(a.gain + i);
        const auto z = hn::Mul(normalized, gain);
        auto y = z;  // whose sign is all that relu needs
        if constexpr (activation == Activation::tanh) y = access.load(a.y + at);
        const auto g = activation_gradient<activation>(d, access.load(a.dy + at), z, y);
        access.store(hn::MulAdd(g, normalized, access.load(a.dgain + i)), a.dgain + i);
        const auto h = hn::Mul(g, gain);
        product_sum = hn::MulAdd(h, normalized, product_sum);
        access.store(h, a.dx + at);
      });
    }
    const auto mean_product =
        hn::Mul(hn::SumOfLanes(d, product_sum), hn::Set(d, T(1) / static_cast<T>(length)));
    const T* x = a.x + sample * length;
    T* dx = a.dx + sample * length;
    for_each_vector(d, length, [&](auto access, Index i) HWY_ATTR {
      const auto normalized = hn::Mul(access.load(x + i), reciprocal);
      access.store(hn::Mul(hn::NegMulAdd(normalized, mean_product, access.load(dx + i)), reciprocal), dx + i);
    });
  }
}

template <class T>
void rms_norm_forward(const RmsNormForward<T>& a) {
  NORMLAB_WITH_ACTIVATION(a.activation, rms_norm_forward_fused, a);
}

template <class T>
void rms_norm_backward(const RmsNormBackward<T>& a) {
  NORMLAB_WITH_ACTIVATION(a.activation, rms_norm_backward_fused, a);
}

NORMLAB_TARGET_KERNEL(rms_norm_forward, RmsNormForward);
NORMLAB_TARGET_KERNEL(rms_norm_backward, RmsNormBackward);

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace normlab {
NORMLAB_EXPORT_KERNEL(rms_norm_forward, RmsNormForward);
NORMLAB_EXPORT_KERNEL(rms_norm_backward, RmsNormBackward);
}  // namespace normlab
#endif
