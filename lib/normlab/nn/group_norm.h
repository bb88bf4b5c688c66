// Group normalization of every sample by itself, with the activation (Wu & He 2018); with as many groups as
// channels it is instance normalization. The formulas are in kernels/group_norm.h.
#pragma once

#include "normlab/nn/normalization.h"

namespace normlab {

template <class T>
class GroupNorm : public Op<T> {
 public:
  // gain and bias (channels); x and y (batch, positions, channels); groups divides channels.
  GroupNorm(Value<T>& x, Parameter<T>& gain, Parameter<T>& bias, Value<T>& y, const NormGeometry& geometry,
            Index groups, double epsilon, Activation activation);
  std::string name() const override { return "group norm"; }
  void forward() override;
  void backward() override;
  Index kept_elements() const override { return 3 * mean_.size(); }
  Traffic traffic() const override { return elementwise_traffic(x_.size()); }
  Section section() const override { return Section::normalization; }

 private:
  // Samples [begin, end). A fully connected layer has one position: there each group of features is a layer
  // normalization.
  void forward_samples(Index begin, Index end);
  void backward_samples(Index begin, Index end, int thread);
  void forward_vectors(Index begin, Index end);
  void backward_vectors(Index begin, Index end, int thread);

  Input<T> x_;
  Input<T> gain_, bias_;
  Output<T> y_;
  NormGeometry geometry_;
  Index groups_;
  T epsilon_;
  Activation activation_;
  Tensor<T> mean_, reciprocal_deviation_, shift_;  // (batch, groups) of vectors, else (batch, channels)
  ThreadSums<T> gain_sums_, bias_sums_;
  Tensor<T> scratch_;  // (threads, 2, channels)
};

}  // namespace normlab
