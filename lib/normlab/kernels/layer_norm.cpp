#include "normlab/kernels/layer_norm.h"

#include <cmath>

#include "normlab/kernels/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "normlab/kernels/layer_norm.cpp"
#include <hwy/foreach_target.h>

#include "normlab/kernels/simd-inl.h"
#include "normlab/kernels/statistics-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

template <Activation activation, class T>
void layer_norm_forward_fused(const LayerNormForward<T>& a) {
  const hn::ScalableTag<T> d;
  const Index length = a.positions * a.channels;
  for (Index sample = 0; sample < a.samples; ++sample) {
    const T* x = a.x + sample * length;
    T* y = a.y + sample * length;
    const Moments<T> moments = row_moments(x, length);
    const T reciprocal = T(1) / std::sqrt(moments.variance + a.epsilon);
    a.mean[sample] = moments.mean;
    a.reciprocal_deviation[sample] = reciprocal;
    a.shift[sample] = -moments.correction * reciprocal;
    const auto mean_vector = hn::Set(d, moments.mean);
    const auto reciprocal_vector = hn::Set(d, reciprocal);
    const auto shift = hn::Set(d, a.shift[sample]);
    for (Index position = 0; position < a.positions; ++position, x += a.channels, y += a.channels) {
      for_each_vector(d, a.channels, [&](auto access, Index i) HWY_ATTR {
        const auto normalized =
            hn::MulAdd(hn::Sub(access.load(x + i), mean_vector), reciprocal_vector, shift);
        const auto z = hn::MulAdd(normalized, access.load(a.gain + i), access.load(a.bias + i));
        access.store(activate<activation>(d, z), y + i);
      });
    }
  }
}

// First pass over a sample: the two sums that dx needs, and the gain and bias gradients. dx receives h in
// between.
template <Activation activation, class T>
void layer_norm_backward_fused(const LayerNormBackward<T>& a) {
  const hn::ScalableTag<T> d;
  const Index length = a.positions * a.channels;
  for (Index sample = 0; sample < a.samples; ++sample) {
    const auto mean = hn::Set(d, a.mean[sample]);
    const auto reciprocal = hn::Set(d, a.reciprocal_deviation[sample]);
    const auto shift = hn::Set(d, a.shift[sample]);
    auto sum = hn::Zero(d);
    auto product_sum = hn::Zero(d);
    for (Index position = 0; position < a.positions; ++position) {
      const Index offset = sample * length + position * a.channels;
      for_each_vector(d, a.channels, [&](auto access, Index i) HWY_ATTR {
        const Index at = offset + i;
        const auto normalized =
            access.keep(hn::MulAdd(hn::Sub(access.load(a.x + at), mean), reciprocal, shift));
        const auto gain = access.load(a.gain + i);
        auto z = hn::Zero(d);
        if constexpr (activation == Activation::gelu)
          z = hn::MulAdd(normalized, gain, access.load(a.bias + i));
        const auto g = activation_gradient<activation>(d, access.load(a.dy + at), z, access.load(a.y + at));
        access.store(hn::MulAdd(g, normalized, access.load(a.dgain + i)), a.dgain + i);
        access.store(hn::Add(g, access.load(a.dbias + i)), a.dbias + i);
        const auto h = hn::Mul(g, gain);
        sum = hn::Add(sum, h);
        product_sum = hn::MulAdd(h, normalized, product_sum);
        access.store(h, a.dx + at);
      });
    }
    const auto scale = hn::Set(d, T(1) / static_cast<T>(length));
    const auto mean_h = hn::Mul(hn::SumOfLanes(d, sum), scale);
    const auto mean_product = hn::Mul(hn::SumOfLanes(d, product_sum), scale);
    const T* x = a.x + sample * length;
    T* dx = a.dx + sample * length;
    for_each_vector(d, length, [&](auto access, Index i) HWY_ATTR {
      const auto normalized = hn::MulAdd(hn::Sub(access.load(x + i), mean), reciprocal, shift);
      const auto centred = hn::Sub(access.load(dx + i), mean_h);
      access.store(hn::Mul(hn::NegMulAdd(normalized, mean_product, centred), reciprocal), dx + i);
    });
  }
}

template <class T>
void layer_norm_forward(const LayerNormForward<T>& a) {
  NORMLAB_WITH_ACTIVATION(a.activation, layer_norm_forward_fused, a)
}

template <class T>
void layer_norm_backward(const LayerNormBackward<T>& a){
    NORMLAB_WITH_ACTIVATION(a.activation, layer_norm_backward_fused, a)}

NORMLAB_TARGET_KERNEL(layer_norm_forward, LayerNormForward)
    NORMLAB_TARGET_KERNEL(layer_norm_backward, LayerNormBackward)

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace normlab {
NORMLAB_EXPORT_KERNEL(layer_norm_forward, LayerNormForward)
NORMLAB_EXPORT_KERNEL(layer_norm_backward, LayerNormBackward)
}  // namespace normlab
#endif
