#include "normlab/nn/norm/dynamic_tanh.h"

#include "normlab/kernels/norm/dynamic_tanh.h"

namespace normlab {

template <class T>
DynamicTanh<T>::DynamicTanh(Value<T>& x, const NormParameters<T>& parameters, Value<T>& y,
                            const NormGeometry& geometry, Activation activation)
    : x_(*this, x),
      alpha_(*this, parameters.alpha),
      affine_(*this, parameters, geometry.channels),
      y_(*this, y),
      rows_(geometry.batch * geometry.positions),
      channels_(geometry.channels),
      activation_(activation),
      gain_sums_(geometry.channels),
      bias_sums_(geometry.channels),
      alpha_sums_(1) {}

template <class T>
void DynamicTanh<T>::forward() {
  parallel_for(rows_, row_grain(channels_), [&](Index begin, Index end, int) {
    dynamic_tanh_forward(DynamicTanhForward<T>{.x = x_.data() + begin * channels_,
                                               .gain = affine_.gain(),
                                               .bias = affine_.bias(),
                                               .y = y_.data() + begin * channels_,
                                               .alpha = *alpha_.data(),
                                               .rows = end - begin,
                                               .channels = channels_,
                                               .activation = activation_});
  });
}

template <class T>
void DynamicTanh<T>::backward() {
  for (auto* sums : {&gain_sums_, &bias_sums_, &alpha_sums_}) sums->clear();
  parallel_for(rows_, row_grain(channels_), [&](Index begin, Index end, int thread) {
    dynamic_tanh_backward(DynamicTanhBackward<T>{.x = x_.data() + begin * channels_,
                                                 .y = y_.data() + begin * channels_,
                                                 .dy = y_.gradient() + begin * channels_,
                                                 .gain = affine_.gain(),
                                                 .bias = affine_.bias(),
                                                 .dx = x_.gradient() + begin * channels_,
                                                 .dgain = gain_sums_.part(thread),
                                                 .dbias = bias_sums_.part(thread),
                                                 .dalpha = alpha_sums_.part(thread),
                                                 .alpha = *alpha_.data(),
                                                 .rows = end - begin,
                                                 .channels = channels_,
                                                 .activation = activation_});
  });
  gain_sums_.total(affine_.gain_gradient());
  bias_sums_.total(affine_.bias_gradient());
  alpha_sums_.total(alpha_.gradient());
}

template class DynamicTanh<float>;
#if NORMLAB_WITH_DOUBLE
template class DynamicTanh<double>;
#endif

}  // namespace normlab
