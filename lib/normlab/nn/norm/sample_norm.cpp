#include "normlab/nn/norm/sample_norm.h"

#include "normlab/kernels/norm/group_norm.h"
#include "normlab/kernels/norm/row_norm.h"

namespace normlab {

template <class T>
SampleNorm<T>::SampleNorm(Value<T>& x, const NormParameters<T>& parameters, Value<T>& y,
                          const NormGeometry& geometry, const NormSpec& norm, Activation activation)
    : name_(with_activation(traits(norm.kind).full_name(), activation)),
      x_(*this, x),
      affine_(*this, parameters, geometry.channels),
      y_(*this, y),
      geometry_(geometry),
      groups_(group_count(norm, geometry.channels)),
      rows_(groups_ == 1 || geometry.positions == 1),
      row_norm_(traits(norm.kind).centred ? RowNorm::layer : RowNorm::rms),
      epsilon_(static_cast<T>(norm.epsilon)),
      activation_(activation),
      reciprocal_deviation_({geometry.batch, rows_ ? groups_ : geometry.channels}),
      gain_sums_(geometry.channels) {
  if (!rows_) scratch_ = Tensor<T>({thread_count(), 2, geometry.channels});
  if (row_norm_ == RowNorm::rms) return;
  mean_ = Tensor<T>(reciprocal_deviation_.shape());
  shift_ = Tensor<T>(reciprocal_deviation_.shape());
  bias_sums_ = ThreadSums<T>(geometry.channels);
}

template <class T>
void SampleNorm<T>::forward() {
  const Index grain = row_grain(geometry_.positions * geometry_.channels);
  parallel_for(geometry_.batch, grain, [&](Index begin, Index end, int) {
    rows_ ? forward_rows(begin, end) : forward_groups(begin, end);
  });
}

template <class T>
void SampleNorm<T>::backward() {
  gain_sums_.clear();
  bias_sums_.clear();
  const Index grain = row_grain(geometry_.positions * geometry_.channels);
  parallel_for(geometry_.batch, grain, [&](Index begin, Index end, int thread) {
    rows_ ? backward_rows(begin, end, thread) : backward_groups(begin, end, thread);
  });
  gain_sums_.total(affine_.gain_gradient());
  if (row_norm_ == RowNorm::layer) bias_sums_.total(affine_.bias_gradient());
}

template <class T>
template <class Body>
void SampleNorm<T>::for_rows(Index begin, Index end, const Body& body) const {
  const Index channels = geometry_.channels;
  if (groups_ == 1) return body(begin * geometry_.positions * channels, 0, channels, begin, end - begin);
  const Index size = channels / groups_;
  for (Index row = begin * groups_; row < end * groups_; ++row)
    body(row * size, row % groups_ * size, size, row, Index{1});
}

template <class T>
void SampleNorm<T>::forward_rows(Index begin, Index end) {
  for_rows(begin, end, [&](Index at, Index channel, Index channels, Index row, Index rows) {
    const bool centred = row_norm_ == RowNorm::layer;
    row_norm_forward(RowNormForward<T>{.norm = row_norm_,
                                       .x = x_.data() + at,
                                       .gain = affine_.gain() + channel,
                                       .bias = centred ? affine_.bias() + channel : nullptr,
                                       .y = y_.data() + at,
                                       .mean = mean_.data() + (centred ? row : 0),
                                       .reciprocal_deviation = reciprocal_deviation_.data() + row,
                                       .shift = shift_.data() + (centred ? row : 0),
                                       .samples = rows,
                                       .positions = geometry_.positions,
                                       .channels = channels,
                                       .epsilon = epsilon_,
                                       .activation = activation_});
  });
}

template <class T>
void SampleNorm<T>::backward_rows(Index begin, Index end, int thread) {
  for_rows(begin, end, [&](Index at, Index channel, Index channels, Index row, Index rows) {
    const bool centred = row_norm_ == RowNorm::layer;
    row_norm_backward(RowNormBackward<T>{.norm = row_norm_,
                                         .x = x_.data() + at,
                                         .y = y_.data() + at,
                                         .dy = y_.gradient() + at,
                                         .gain = affine_.gain() + channel,
                                         .bias = centred ? affine_.bias() + channel : nullptr,
                                         .mean = mean_.data() + (centred ? row : 0),
                                         .reciprocal_deviation = reciprocal_deviation_.data() + row,
                                         .shift = shift_.data() + (centred ? row : 0),
                                         .dx = x_.gradient() + at,
                                         .dgain = gain_sums_.part(thread) + channel,
                                         .dbias = centred ? bias_sums_.part(thread) + channel : nullptr,
                                         .samples = rows,
                                         .positions = geometry_.positions,
                                         .channels = channels,
                                         .activation = activation_});
  });
}

template <class T>
void SampleNorm<T>::forward_groups(Index begin, Index end) {
  const Index channels = geometry_.channels;
  const Index at = begin * geometry_.positions * channels;
  group_norm_forward(
      GroupNormForward<T>{.x = x_.data() + at,
                          .gain = affine_.gain(),
                          .bias = affine_.bias(),
                          .y = y_.data() + at,
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
void SampleNorm<T>::backward_groups(Index begin, Index end, int thread) {
  const Index channels = geometry_.channels;
  const Index at = begin * geometry_.positions * channels;
  group_norm_backward(
      GroupNormBackward<T>{.x = x_.data() + at,
                           .y = y_.data() + at,
                           .dy = y_.gradient() + at,
                           .gain = affine_.gain(),
                           .bias = affine_.bias(),
                           .mean = mean_.data() + begin * channels,
                           .reciprocal_deviation = reciprocal_deviation_.data() + begin * channels,
                           .shift = shift_.data() + begin * channels,
                           .dx = x_.gradient() + at,
                           .dgain = gain_sums_.part(thread),
                           .dbias = bias_sums_.part(thread),
                           .scratch = scratch_.data() + 2 * channels * thread,
                           .samples = end - begin,
                           .positions = geometry_.positions,
                           .channels = channels,
                           .groups = groups_,
                           .activation = activation_});
}

template class SampleNorm<float>;
#if NORMLAB_WITH_DOUBLE
template class SampleNorm<double>;
#endif

}  // namespace normlab
