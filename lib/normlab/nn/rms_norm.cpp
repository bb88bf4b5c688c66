#include "normlab/nn/rms_norm.h"

#include "normlab/kernels/rms_norm.h"

namespace normlab {

template <class T>
RmsNorm<T>::RmsNorm(Value<T>& x, Parameter<T>& gain, Value<T>& y, const NormGeometry& geometry,
                    double epsilon, Activation activation)
    : x_(*this, x),
      gain_(*this, gain),
      y_(*this, y),
      geometry_(geometry),
      epsilon_(static_cast<T>(epsilon)),
      activation_(activation),
      reciprocal_root_({geometry.batch}),
      gain_sums_(geometry.channels) {}

template <class T>
void RmsNorm<T>::forward() {
  const Index length = geometry_.positions * geometry_.channels;
  parallel_for(geometry_.batch, row_grain(length), [&](Index begin, Index end, int) {
    rms_norm_forward(RmsNormForward<T>{.x = x_.data() + begin * length,
                                       .gain = gain_.data(),
                                       .y = y_.data() + begin * length,
                                       .reciprocal_root = reciprocal_root_.data() + begin,
                                       .samples = end - begin,
                                       .positions = geometry_.positions,
                                       .channels = geometry_.channels,
                                       .epsilon = epsilon_,
                                       .activation = activation_});
  });
}

template <class T>
void RmsNorm<T>::backward() {
  const Index length = geometry_.positions * geometry_.channels;
  gain_sums_.clear();
  parallel_for(geometry_.batch, row_grain(length), [&](Index begin, Index end, int thread) {
    rms_norm_backward(RmsNormBackward<T>{.x = x_.data() + begin * length,
                                         .y = y_.data() + begin * length,
                                         .dy = y_.gradient() + begin * length,
                                         .gain = gain_.data(),
                                         .reciprocal_root = reciprocal_root_.data() + begin,
                                         .dx = x_.gradient() + begin * length,
                                         .dgain = gain_sums_.part(thread),
                                         .samples = end - begin,
                                         .positions = geometry_.positions,
                                         .channels = geometry_.channels,
                                         .activation = activation_});
  });
  gain_sums_.total(gain_.gradient());
}

template class RmsNorm<float>;
#if NORMLAB_WITH_DOUBLE
template class RmsNorm<double>;
#endif

}  // namespace normlab
