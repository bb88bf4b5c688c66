#include "normlab/nn/layer_norm.h"

#include "normlab/kernels/layer_norm.h"

namespace normlab {

template <class T>
LayerNorm<T>::LayerNorm(Value<T>& x, Parameter<T>& gain, Parameter<T>& bias, Value<T>& y,
                        const NormGeometry& geometry, double epsilon, Activation activation)
    : x_(*this, x),
      gain_(*this, gain),
      bias_(*this, bias),
      y_(*this, y),
      geometry_(geometry),
      epsilon_(static_cast<T>(epsilon)),
      activation_(activation),
      mean_({geometry.batch}),
      reciprocal_deviation_({geometry.batch}),
      shift_({geometry.batch}),
      gain_sums_(geometry.channels),
      bias_sums_(geometry.channels) {}

template <class T>
void LayerNorm<T>::forward() {
  const Index length = geometry_.positions * geometry_.channels;
  parallel_for(geometry_.batch, 1, [&](Index begin, Index end, int) {
    layer_norm_forward(LayerNormForward<T>{.x = x_.data() + begin * length,
                                           .gain = gain_.data(),
                                           .bias = bias_.data(),
                                           .y = y_.data() + begin * length,
                                           .mean = mean_.data() + begin,
                                           .reciprocal_deviation = reciprocal_deviation_.data() + begin,
                                           .shift = shift_.data() + begin,
                                           .samples = end - begin,
                                           .positions = geometry_.positions,
                                           .channels = geometry_.channels,
                                           .epsilon = epsilon_,
                                           .activation = activation_});
  });
}

template <class T>
void LayerNorm<T>::backward() {
  const Index length = geometry_.positions * geometry_.channels;
  gain_sums_.clear();
  bias_sums_.clear();
  parallel_for(geometry_.batch, 1, [&](Index begin, Index end, int thread) {
    layer_norm_backward(LayerNormBackward<T>{.x = x_.data() + begin * length,
                                             .y = y_.data() + begin * length,
                                             .dy = y_.gradient() + begin * length,
                                             .gain = gain_.data(),
                                             .bias = bias_.data(),
                                             .mean = mean_.data() + begin,
                                             .reciprocal_deviation = reciprocal_deviation_.data() + begin,
                                             .shift = shift_.data() + begin,
                                             .dx = x_.gradient() + begin * length,
                                             .dgain = gain_sums_.part(thread),
                                             .dbias = bias_sums_.part(thread),
                                             .samples = end - begin,
                                             .positions = geometry_.positions,
                                             .channels = geometry_.channels,
                                             .activation = activation_});
  });
  gain_sums_.total(gain_.gradient());
  bias_sums_.total(bias_.gradient());
}

template class LayerNorm<float>;
#if NORMLAB_WITH_DOUBLE
template class LayerNorm<double>;
#endif

}  // namespace normlab
