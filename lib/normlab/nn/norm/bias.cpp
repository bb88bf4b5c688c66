#include "normlab/nn/norm/bias.h"

#include "normlab/kernels/norm/bias.h"

namespace normlab {

template <class T>
Bias<T>::Bias(Value<T>& x, Parameter<T>& bias, Value<T>& y, const NormGeometry& geometry,
              Activation activation)
    : x_(*this, x),
      bias_(*this, bias),
      y_(*this, y),
      rows_(geometry.batch * geometry.positions),
      channels_(geometry.channels),
      activation_(activation),
      sums_(geometry.channels) {}

template <class T>
void Bias<T>::forward() {
  parallel_for(rows_, row_grain(channels_), [&](Index begin, Index end, int) {
    bias_forward(BiasForward<T>{.x = x_.data() + begin * channels_,
                                .bias = bias_.data(),
                                .y = y_.data() + begin * channels_,
                                .rows = end - begin,
                                .channels = channels_,
                                .activation = activation_});
  });
}

template <class T>
void Bias<T>::backward() {
  sums_.clear();
  parallel_for(rows_, row_grain(channels_), [&](Index begin, Index end, int thread) {
    bias_backward(BiasBackward<T>{.x = x_.data() + begin * channels_,
                                  .y = y_.data() + begin * channels_,
                                  .dy = y_.gradient() + begin * channels_,
                                  .bias = bias_.data(),
                                  .dx = x_.gradient() + begin * channels_,
                                  .dbias = sums_.part(thread),
                                  .rows = end - begin,
                                  .channels = channels_,
                                  .activation = activation_});
  });
  sums_.total(bias_.gradient());
}

template class Bias<float>;
#if NORMLAB_WITH_DOUBLE
template class Bias<double>;
#endif

}  // namespace normlab
