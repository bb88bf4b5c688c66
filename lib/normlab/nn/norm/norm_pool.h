// The end of a block of convolutions as one operation: normalization (or the bias alone), activation and 2x2
// max pooling with stride 2. The normalized images, four times as large as what is pooled, are never written
// to memory. The formulas are in kernels/norm/norm_pool.h; what each norm takes its statistics over is in
// docs/design.md.
#pragma once

#include "normlab/kernels/norm/norm_pool.h"
#include "normlab/nn/graph/graph.h"
#include "normlab/nn/graph/row_threads.h"
#include "normlab/nn/norm/norm_parameters.h"

namespace normlab {

template <class T>
class NormPool : public Op<T> {
 public:
  // Without norm and parameters the pooling alone. x (batch, height, width, channels), y (batch, height / 2,
  // width / 2, channels), halves rounded down.
  NormPool(Value<T>& x, const NormParameters<T>& parameters, Value<T>& y, const NormSpec& norm,
           Activation activation, Mode mode);
  std::string name() const override { return name_; }
  void forward() override;
  void backward() override;
  Index kept_elements() const override { return 3 * mean_.size() + chosen_.size(); }
  // Forward reads x and writes y; backward reads x and dy, and writes dx.
  Traffic traffic() const override {
    return {.moved = 3 * x_.size() + 2 * y_.size(), .footprint = x_.size() + 2 * y_.size()};
  }
  Section section() const override {
    return traits(norm_.kind).normalizes() ? Section::normalization : Section::elementwise;
  }

 private:
  // Whose values share a mean and a deviation; nobody's where these are constants, as in the evaluation of
  // batch norm.
  static Statistics statistics_of(const NormSpec& norm, Mode mode);
  static std::string name_of(const NormSpec& norm, const NormParameters<T>& parameters,
                             Activation activation);

  template <class Body>
  void for_images(const Body& body) const;
  const T* image(Index index) const { return x_.data() + index * positions_ * channels_; }
  PoolNormalization<T> normalization(Index image) const;

  void find_moments(Index begin, Index end);
  void use_running_statistics();
  void use_batch_statistics();
  void use_group_statistics(Index image);
  void set_statistics(Index at, Index count, T mean, T correction, T variance);

  void average_batch();
  void average_groups(Index image);

  Input<T> x_;
  GainAndBias<T> affine_;
  Tensor<T>*running_mean_, *running_variance_;  // null where the norm has none
  Output<T> y_;
  NormSpec norm_;
  std::string name_;
  Activation activation_;
  Statistics statistics_;
  Index images_, positions_, channels_, group_size_;
  Tensor<T> origin_, offset_, squares_;  // (images, channels): kernels/norm/image_moments.h
  Tensor<T> mean_, reciprocal_, shift_;  // (images, channels), or (1, channels) shared by all images
  Tensor<T> chosen_, sum_, product_;     // what backward() needs: kernels/norm/norm_pool.h
  Tensor<T> mean_h_, mean_product_;      // as mean_
};

// Like add_normalization() of nn/norm/normalization.h, followed by max pooling; x (batch, height, width,
// channels). Dynamic tanh is an operation by itself, before the pooling alone; so are bias and activation
// before a norm that follows them.
template <class T>
Value<T>& add_norm_pool(Graph<T>& graph, Parameters<T>& parameters, const std::string& name,
                        const std::string& layer, Index fan_in, Value<T>& x, const NormSpec& norm,
                        Activation activation);

}  // namespace normlab
