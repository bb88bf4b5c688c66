// The loss at the end of every network. The formula is in kernels/softmax_cross_entropy.h.
#pragma once

#include <vector>

#include "normlab/kernels/softmax_cross_entropy.h"
#include "normlab/nn/graph/graph.h"

namespace normlab {

// logits (rows, classes). backward() gives the gradient of the mean loss over the rows.
template <class T>
class SoftmaxCrossEntropy : public Op<T> {
 public:
  explicit SoftmaxCrossEntropy(Value<T>& logits);
  std::string name() const override { return "softmax cross-entropy"; }
  void forward() override;
  void backward() override {}  // forward() has written it: the row was in cache then

  std::vector<std::int32_t>& labels() { return labels_; }   // (rows); set before forward()
  const ClassificationSums& sums() const { return sums_; }  // of the last forward()

 private:
  Input<T> logits_;
  std::vector<std::int32_t> labels_;
  ClassificationSums sums_;
};

}  // namespace normlab
