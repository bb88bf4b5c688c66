#include "normlab/nn/group_norm.h"

#include "normlab/kernels/group_norm.h"
#include "normlab/kernels/layer_norm.h"

namespace normlab {
namespace {

Shape statistics_shape(const NormGeometry& geometry, Index groups) {
  return {geometry.batch, geometry.positions == 1 ? groups : geometry.channels};
}

}  // namespace

template <class T>
GroupNorm<T>::GroupNorm(Value<T>& x, Parameter<T>& gain, Parameter<T>& bias, Value<T>& y,
                        const NormGeometry& geometry, Index groups, double epsilon, Activation activation)
    : x_(*this, x),
      gain_(*this, gain),
      bias_(*this, bias),
      y_(*this, y),
      geometry_(geometry),
      groups_(groups),
      epsilon_(static_cast<T>(epsilon)),
      activation_(activation),
      mean_(statistics_shape(geometry, groups)),
      reciprocal_deviation_(statistics_shape(geometry, groups)),
      shift_(statistics_shape(geometry, groups)),
      gain_sums_(geometry.channels),
      bias_sums_(geometry.channels),
      scratch_({thread_count(), 2, geometry.channels}) {}

template <class T>
void GroupNorm<T>::forward() {
  const Index grain = row_grain(geometry_.positions * geometry_.channels);
  parallel_for(geometry_.batch, grain, [&](Index begin, Index end, int) {
    geometry_.positions == 1 ? forward_vectors(begin, end) : forward_samples(begin, end);
  });
}

template <class T>
void GroupNorm<T>::backward() {
  gain_sums_.clear();
  bias_sums_.clear();
  const Index grain = row_grain(geometry_.positions * geometry_.channels);
  parallel_for(geometry_.batch, grain, [&](Index begin, Index end, int thread) {
    geometry_.positions == 1 ? backward_vectors(begin, end, thread) : backward_samples(begin, end, thread);
  });
  gain_sums_.total(gain_.gradient());
  bias_sums_.total(bias_.gradient());
}

template <class T>
void GroupNorm<T>::forward_samples(Index begin, Index end) {
  const Index channels = geometry_.channels;
  const Index offset = begin * geometry_.positions * channels;
  group_norm_forward(
      GroupNormForward<T>{.x = x_.data() + offset,
                          .gain = gain_.data(),
                          .bias = bias_.data(),
                          .y = y_.data() + offset,
                          .mean = mean_.data() + begin * channels,
                          .reciprocal_deviation = reciprocal_deviation_.data() + begin * channels,
                          .shift = shift_.data() + begin * channels,
                          .samples = end - begin,
                          .positions = geometry_.positions,
                          .channels = channels,
                          .groups = groups_,
                          .epsilon = epsilon_,
                          .activation = activation_});
}

template <class T>
void GroupNorm<T>::backward_samples(Index begin, Index end, int thread) {
  const Index channels = geometry_.channels;
  const Index offset = begin * geometry_.positions * channels;
  group_norm_backward(
      GroupNormBackward<T>{.x = x_.data() + offset,
                           .y = y_.data() + offset,
                           .dy = y_.gradient() + offset,
                           .gain = gain_.data(),
                           .bias = bias_.data(),
                           .mean = mean_.data() + begin * channels,
                           .reciprocal_deviation = reciprocal_deviation_.data() + begin * channels,
                           .shift = shift_.data() + begin * channels,
                           .dx = x_.gradient() + offset,
                           .dgain = gain_sums_.part(thread),
                           .dbias = bias_sums_.part(thread),
                           .scratch = scratch_.data() + 2 * channels * thread,
                           .samples = end - begin,
                           .positions = geometry_.positions,
                           .channels = channels,
                           .groups = groups_,
                           .activation = activation_});
}

template <class T>
void GroupNorm<T>::forward_vectors(Index begin, Index end) {
  const Index size = geometry_.channels / groups_;
  for (Index part = begin * groups_; part < end * groups_; ++part) {
    const Index channel = part % groups_ * size;
    layer_norm_forward(LayerNormForward<T>{.x = x_.data() + part * size,
                                           .gain = gain_.data() + channel,
                                           .bias = bias_.data() + channel,
                                           .y = y_.data() + part * size,
                                           .mean = mean_.data() + part,
                                           .reciprocal_deviation = reciprocal_deviation_.data() + part,
                                           .shift = shift_.data() + part,
                                           .samples = 1,
                                           .positions = 1,
                                           .channels = size,
                                           .epsilon = epsilon_,
                                           .activation = activation_});
  }
}

template <class T>
void GroupNorm<T>::backward_vectors(Index begin, Index end, int thread) {
  const Index size = geometry_.channels / groups_;
  for (Index part = begin * groups_; part < end * groups_; ++part) {
    const Index channel = part % groups_ * size;
    layer_norm_backward(LayerNormBackward<T>{.x = x_.data() + part * size,
                                             .y = y_.data() + part * size,
                                             .dy = y_.gradient() + part * size,
                                             .gain = gain_.data() + channel,
                                             .bias = bias_.data() + channel,
                                             .mean = mean_.data() + part,
                                             .reciprocal_deviation = reciprocal_deviation_.data() + part,
                                             .shift = shift_.data() + part,
                                             .dx = x_.gradient() + part * size,
                                             .dgain = gain_sums_.part(thread) + channel,
                                             .dbias = bias_sums_.part(thread) + channel,
                                             .samples = 1,
                                             .positions = 1,
                                             .channels = size,
                                             .activation = activation_});
  }
}

template class GroupNorm<float>;
#if NORMLAB_WITH_DOUBLE
template class GroupNorm<double>;
#endif

}  // namespace normlab
