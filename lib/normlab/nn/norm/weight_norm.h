// Weight normalization (Salimans & Kingma 2016). The formulas are in kernels/norm/weight_norm.h.
#pragma once

#include <string>

#include "normlab/nn/graph/graph.h"
#include "normlab/nn/graph/parameters.h"

namespace normlab {

// Computes w from v and g in every forward(), so that graphs which share the parameters agree.
template <class T>
class WeightNorm : public Op<T> {
 public:
  // v and w (out, ...): a row is all that follows the first dimension; g has `out` elements.
  WeightNorm(Value<T>& v, Value<T>& g, Value<T>& w);
  std::string name() const override { return "weight norm"; }
  void forward() override;
  void backward() override;
  Index kept_elements() const override { return rows_; }
  Traffic traffic() const override { return elementwise_traffic(v_.size()); }
  Section section() const override { return Section::normalization; }

 private:
  Input<T> v_, g_;
  Output<T> w_;
  Index rows_, columns_;
  Tensor<T> reciprocal_norm_;  // (out)
};

// Declares the gain g of `v` under the full name `name_g`, of shape (out, 1, ...) as
// torch.nn.utils.weight_norm has it, starting at ||v|| so that w starts as v, and records w = g v / ||v||.
// Returns w.
template <class T>
Value<T>& add_weight_norm(Graph<T>& graph, Parameters<T>& parameters, const std::string& name_g,
                          Parameter<T>& v);

}  // namespace normlab
