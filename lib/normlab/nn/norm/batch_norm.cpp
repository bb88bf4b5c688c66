#include "normlab/nn/norm/batch_norm.h"

#include "normlab/kernels/norm/batch_norm.h"

namespace normlab {
namespace {

constexpr Index channels_per_line = 16;

}  // namespace

template <class T>
BatchNorm<T>::BatchNorm(Value<T>& x, const NormParameters<T>& parameters, Value<T>& y,
                        const NormGeometry& geometry, const NormSpec& norm, Activation activation, Mode mode)
    : x_(*this, x),
      affine_(*this, parameters, geometry.channels),
      running_mean_(*parameters.running_mean),
      running_variance_(*parameters.running_variance),
      y_(*this, y),
      rows_(geometry.batch * geometry.positions),
      channels_(geometry.channels),
      epsilon_(static_cast<T>(norm.epsilon)),
      momentum_(static_cast<T>(norm.momentum)),
      activation_(activation),
      mode_(mode),
      mean_({channels_}),
      reciprocal_deviation_({channels_}),
      shift_({channels_}) {}

template <class T>
template <class Body>
void BatchNorm<T>::for_channels(const Body& body) const {
  const Index lines = (channels_ + channels_per_line - 1) / channels_per_line;
  parallel_for(lines, row_grain(rows_ * channels_per_line), [&](Index begin, Index end, int) {
    body(begin * channels_per_line, std::min(end * channels_per_line, channels_));
  });
}

template <class T>
void BatchNorm<T>::forward() {
  for_channels([&](Index begin, Index end) {
    batch_norm_forward(BatchNormForward<T>{.x = x_.data() + begin,
                                           .gain = affine_.gain() + begin,
                                           .bias = affine_.bias() + begin,
                                           .y = y_.data() + begin,
                                           .mean = mean_.data() + begin,
                                           .reciprocal_deviation = reciprocal_deviation_.data() + begin,
                                           .shift = shift_.data() + begin,
                                           .running_mean = running_mean_.data() + begin,
                                           .running_variance = running_variance_.data() + begin,
                                           .rows = rows_,
                                           .channels = end - begin,
                                           .stride = channels_,
                                           .epsilon = epsilon_,
                                           .momentum = momentum_,
                                           .activation = activation_,
                                           .training = mode_ == Mode::training});
  });
}

template <class T>
void BatchNorm<T>::backward() {
  for_channels([&](Index begin, Index end) {
    batch_norm_backward(BatchNormBackward<T>{.x = x_.data() + begin,
                                             .y = y_.data() + begin,
                                             .dy = y_.gradient() + begin,
                                             .gain = affine_.gain() + begin,
                                             .bias = affine_.bias() + begin,
                                             .mean = mean_.data() + begin,
                                             .reciprocal_deviation = reciprocal_deviation_.data() + begin,
                                             .shift = shift_.data() + begin,
                                             .dx = x_.gradient() + begin,
                                             .dgain = affine_.gain_gradient() + begin,
                                             .dbias = affine_.bias_gradient() + begin,
                                             .rows = rows_,
                                             .channels = end - begin,
                                             .stride = channels_,
                                             .activation = activation_});
  });
}

template class BatchNorm<float>;
#if NORMLAB_WITH_DOUBLE
template class BatchNorm<double>;
#endif

}  // namespace normlab
