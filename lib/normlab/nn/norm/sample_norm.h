// Normalization of every sample by itself, with the activation: layer (Ba, Kiros, Hinton 2016), rms (Zhang &
// Sennrich 2019), group (Wu & He 2018) and instance (Ulyanov, Vedaldi, Lempitsky 2016), which is group
// normalization with as many groups as channels. The formulas are in kernels/norm/row_norm.h and
// kernels/norm/group_norm.h.
#pragma once

#include "normlab/kernels/norm/normalization.h"
#include "normlab/nn/graph/graph.h"
#include "normlab/nn/graph/row_threads.h"
#include "normlab/nn/norm/norm_parameters.h"

namespace normlab {

template <class T>
class SampleNorm : public Op<T> {
 public:
  // x and y (batch, positions, channels).
  SampleNorm(Value<T>& x, const NormParameters<T>& parameters, Value<T>& y, const NormGeometry& geometry,
             const NormSpec& norm, Activation activation);
  std::string name() const override { return name_; }
  void forward() override;
  void backward() override;
  Index kept_elements() const override { return mean_.size() + reciprocal_deviation_.size() + shift_.size(); }
  Traffic traffic() const override { return elementwise_traffic(x_.size()); }
  Section section() const override { return Section::normalization; }

 private:
  // Samples [begin, end), of several positions and groups.
  void forward_groups(Index begin, Index end);
  void backward_groups(Index begin, Index end, int thread);
  // The same as rows: whole samples, or where these have one position their groups, one after the other.
  void forward_rows(Index begin, Index end);
  void backward_rows(Index begin, Index end, int thread);
  // Calls body(offset in x, first channel, channels, first row, rows) for what the row kernel takes at once.
  template <class Body>
  void for_rows(Index begin, Index end, const Body& body) const;

  std::string name_;
  Input<T> x_;
  GainAndBias<T> affine_;
  Output<T> y_;
  NormGeometry geometry_;
  Index groups_;
  bool rows_;  // the row kernel does it
  RowNorm row_norm_;
  T epsilon_;
  Activation activation_;
  // (batch, groups) of rows, else (batch, channels); mean and shift are empty where it is not centred.
  Tensor<T> mean_, reciprocal_deviation_, shift_;
  ThreadSums<T> gain_sums_, bias_sums_;
  Tensor<T> scratch_;  // (threads, 2, channels)
};

}  // namespace normlab
