#include "normlab/nn/norm/norm_pool.h"

#include <cmath>

#include "normlab/kernels/norm/image_moments.h"
#include "normlab/kernels/norm/running_average.h"
#include "normlab/nn/norm/normalization.h"

namespace normlab {
namespace {

// Over the images, in their order: the result does not depend on the number of threads.
template <class T>
void add_up(const Tensor<T>& terms, T* total) {
  const Index channels = terms.dimension(1);
  std::fill_n(total, channels, T(0));
  for (Index at = 0; at < terms.size(); at += channels) {
    for (Index c = 0; c < channels; ++c) total[c] += terms[at + c];
  }
}

// The pooling alone.
template <class T>
Value<T>& add_max_pool(Graph<T>& graph, Value<T>& x, const Shape& shape) {
  auto& y = graph.value(shape);
  graph.template add<NormPool<T>>(x, NormParameters<T>{}, y, NormSpec{}, Activation::identity, graph.mode());
  return y;
}

}  // namespace

template <class T>
Statistics NormPool<T>::statistics_of(const NormSpec& norm, Mode mode) {
  const Statistics statistics = traits(norm.kind).statistics;
  const bool running = statistics == Statistics::channel && mode == Mode::evaluation;
  return running ? Statistics::none : statistics;
}

template <class T>
std::string NormPool<T>::name_of(const NormSpec& norm, const NormParameters<T>& parameters,
                                 Activation activation) {
  const bool normalizes = traits(norm.kind).normalizes();
  if (!normalizes && parameters.bias == nullptr) return "max pooling";
  return with_activation(normalizes ? traits(norm.kind).full_name() : "bias", activation) + ", max pooling";
}

template <class T>
NormPool<T>::NormPool(Value<T>& x, const NormParameters<T>& parameters, Value<T>& y, const NormSpec& norm,
                      Activation activation, Mode mode)
    : x_(*this, x),
      affine_(*this, parameters, x.data.dimension(3)),
      running_mean_(parameters.running_mean),
      running_variance_(parameters.running_variance),
      y_(*this, y),
      norm_(norm),
      name_(name_of(norm, parameters, activation)),
      activation_(activation),
      statistics_(statistics_of(norm, mode)),
      images_(x.data.dimension(0)),
      positions_(x.data.dimension(1) * x.data.dimension(2)),
      channels_(x.data.dimension(3)),
      group_size_(channels_ / group_count(norm, channels_)) {
  const Shape of_images{images_, channels_};
  const Shape shape = statistics_ == Statistics::group ? of_images : Shape{1, channels_};
  for (auto* tensor : {&mean_, &reciprocal_, &shift_}) *tensor = Tensor<T>(shape);
  reciprocal_.fill(T(1));
  if (statistics_ != Statistics::none) {
    for (auto* tensor : {&origin_, &offset_, &squares_}) *tensor = Tensor<T>(of_images);
  }
  if (mode == Mode::evaluation) return;
  chosen_ = Tensor<T>(y.data.shape());
  for (auto* tensor : {&sum_, &product_}) *tensor = Tensor<T>(of_images);
  for (auto* tensor : {&mean_h_, &mean_product_}) *tensor = Tensor<T>(shape);
}

template <class T>
template <class Body>
void NormPool<T>::for_images(const Body& body) const {
  parallel_for(images_, row_grain(positions_ * channels_),
               [&](Index begin, Index end, int) { body(begin, end); });
}

template <class T>
PoolNormalization<T> NormPool<T>::normalization(Index image) const {
  const Index stride = statistics_ == Statistics::group ? channels_ : 0;
  const Index at = image * stride;
  return {.first = {.statistics = {mean_.data() + at, reciprocal_.data() + at, shift_.data() + at},
                    .gain = affine_.gain(),
                    .bias = affine_.bias()},
          .stride = stride};
}

template <class T>
void NormPool<T>::forward() {
  if (running_mean_ != nullptr && statistics_ == Statistics::none) use_running_statistics();
  if (statistics_ == Statistics::channel) {
    for_images([&](Index begin, Index end) { find_moments(begin, end); });
    use_batch_statistics();
  }
  const Index pooled = y_.size() / images_;
  for_images([&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      if (statistics_ == Statistics::group) use_group_statistics(i);
      norm_pool_forward(NormPoolForward<T>{.x = image(i),
                                           .normalization = normalization(i),
                                           .y = y_.data() + i * pooled,
                                           .chosen = chosen_.empty() ? nullptr : chosen_.data() + i * pooled,
                                           .images = 1,
                                           .height = x_.dimension(1),
                                           .width = x_.dimension(2),
                                           .channels = channels_,
                                           .activation = activation_});
    }
  });
}

template <class T>
void NormPool<T>::find_moments(Index begin, Index end) {
  const Index at = begin * channels_;
  image_moments(ImageMoments<T>{.x = image(begin),
                                .origin = origin_.data() + at,
                                .offset = offset_.data() + at,
                                .squares = squares_.data() + at,
                                .images = end - begin,
                                .positions = positions_,
                                .channels = channels_});
}

template <class T>
void NormPool<T>::set_statistics(Index at, Index count, T mean, T correction, T variance) {
  const T reciprocal = T(1) / std::sqrt(variance + static_cast<T>(norm_.epsilon));
  std::fill_n(mean_.data() + at, count, mean);
  std::fill_n(reciprocal_.data() + at, count, reciprocal);
  std::fill_n(shift_.data() + at, count, -correction * reciprocal);
}

template <class T>
void NormPool<T>::use_running_statistics() {
  for (Index c = 0; c < channels_; ++c) {
    set_statistics(c, 1, (*running_mean_)[c], T(0), (*running_variance_)[c]);
  }
}

template <class T>
void NormPool<T>::use_batch_statistics() {
  const auto momentum = static_cast<T>(norm_.momentum);
  const auto count = static_cast<T>(images_ * positions_);
  const auto move = [&](T& running, T statistic) { running = moved_average(running, statistic, momentum); };
  for (Index c = 0; c < channels_; ++c) {
    const auto [mean, correction, variance] = common_moments(
        origin_.data() + c, offset_.data() + c, squares_.data() + c, images_, channels_, positions_);
    set_statistics(c, 1, mean, correction, variance);
    move((*running_mean_)[c], mean + correction);
    move((*running_variance_)[c], unbiased_variance(variance, count));
  }
}

template <class T>
void NormPool<T>::use_group_statistics(Index i) {
  const Index at = i * channels_;
  if (!traits(norm_.kind).centred) {
    T square = 0;
    mean_square(MeanSquare<T>{.x = image(i), .square = &square, .count = positions_ * channels_});
    return set_statistics(at, channels_, T(0), T(0), square);
  }
  find_moments(i, i + 1);
  for (Index k = at; k < at + channels_; k += group_size_) {
    const auto [mean, correction, variance] = common_moments(
        origin_.data() + k, offset_.data() + k, squares_.data() + k, group_size_, Index{1}, positions_);
    set_statistics(k, group_size_, mean, correction, variance);
  }
}

template <class T>
void NormPool<T>::backward() {
  const Index pooled = y_.size() / images_;
  for_images([&](Index begin, Index end) {
    norm_pool_sums(NormPoolSums<T>{.chosen = chosen_.data() + begin * pooled,
                                   .dy = y_.gradient() + begin * pooled,
                                   .normalization = normalization(begin),
                                   .sum = sum_.data() + begin * channels_,
                                   .product = product_.data() + begin * channels_,
                                   .images = end - begin,
                                   .positions = pooled / channels_,
                                   .channels = channels_,
                                   .activation = activation_});
  });
  add_up(product_, affine_.gain_gradient());
  add_up(sum_, affine_.bias_gradient());
  if (statistics_ == Statistics::channel) average_batch();
  for_images([&](Index begin, Index end) {
    for (Index i = begin; i < end && statistics_ == Statistics::group; ++i) average_groups(i);
    const PoolNormalization<T> normal = normalization(begin);
    norm_pool_backward(NormPoolBackward<T>{.x = image(begin),
                                           .dy = y_.gradient() + begin * pooled,
                                           .normalization = normal,
                                           .mean_h = mean_h_.data() + begin * normal.stride,
                                           .mean_product = mean_product_.data() + begin * normal.stride,
                                           .dx = x_.gradient() + begin * positions_ * channels_,
                                           .images = end - begin,
                                           .height = x_.dimension(1),
                                           .width = x_.dimension(2),
                                           .channels = channels_,
                                           .activation = activation_});
  });
}

template <class T>
void NormPool<T>::average_batch() {
  const T scale = T(1) / static_cast<T>(images_ * positions_);
  for (Index c = 0; c < channels_; ++c) {
    const T gain = affine_.gain()[c];
    mean_h_[c] = affine_.bias_gradient()[c] * gain * scale;
    mean_product_[c] = affine_.gain_gradient()[c] * gain * scale;
  }
}

template <class T>
void NormPool<T>::average_groups(Index i) {
  const T scale = T(1) / static_cast<T>(positions_ * group_size_);
  for (Index first = 0; first < channels_; first += group_size_) {
    const Index at = i * channels_ + first;
    T h = 0, product = 0;
    for (Index c = 0; c < group_size_; ++c) {
      h += sum_[at + c] * affine_.gain()[first + c];
      product += product_[at + c] * affine_.gain()[first + c];
    }
    if (!traits(norm_.kind).centred) h = 0;
    std::fill_n(mean_h_.data() + at, group_size_, h * scale);
    std::fill_n(mean_product_.data() + at, group_size_, product * scale);
  }
}

template class NormPool<float>;

template <class T>
Value<T>& add_norm_pool(Graph<T>& graph, Parameters<T>& parameters, const std::string& name,
                        const std::string& layer, Index fan_in, Value<T>& x, const NormSpec& norm,
                        Activation activation) {
  const Shape& in = x.data.shape();
  const NormGeometry geometry{.batch = in[0], .positions = in[1] * in[2], .channels = in[3]};
  if (follows_activation(norm)) {
    auto& activated =
        add_normalization(graph, parameters, name, layer, fan_in, x, geometry, NormSpec{}, activation);
    return add_norm_pool(graph, parameters, name, layer, fan_in, activated, on_its_input(norm),
                         Activation::identity);
  }
  const Shape pooled{in[0], in[1] / 2, in[2] / 2, in[3]};
  if (traits(norm.kind).statistics == Statistics::learned) {
    auto& activated =
        add_normalization(graph, parameters, name, layer, fan_in, x, geometry, norm, activation);
    return add_max_pool(graph, activated, pooled);
  }
  require_defined(norm, geometry, graph.mode(), name);
  auto& y = graph.value(pooled);
  const auto declared = declare_norm_parameters(parameters, name, layer, fan_in, in[3], norm);
  graph.template add<NormPool<T>>(x, declared, y, norm, activation, graph.mode());
  return y;
}

template Value<float>& add_norm_pool(Graph<float>&, Parameters<float>&, const std::string&,
                                     const std::string&, Index, Value<float>&, const NormSpec&, Activation);
#if NORMLAB_WITH_DOUBLE
template class NormPool<double>;
template Value<double>& add_norm_pool(Graph<double>&, Parameters<double>&, const std::string&,
                                      const std::string&, Index, Value<double>&, const NormSpec&, Activation);
#endif

}  // namespace normlab
