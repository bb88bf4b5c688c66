// Dropout of a layer's output, in training alone. The definition is in kernels/dropout.h.
#pragma once

#include "normlab/nn/graph/graph.h"
#include "normlab/nn/graph/parameters.h"

namespace normlab {

template <class T>
class Dropout : public Op<T> {
 public:
  // x and y of one shape; 0 <= rate < 1. What is dropped is a function of the seed and step of `parameters`,
  // of `layer` and of the element's place.
  Dropout(Value<T>& x, Value<T>& y, double rate, const std::string& layer, const Parameters<T>& parameters);
  std::string name() const override { return "dropout"; }
  void forward() override;
  void backward() override;
  Index kept_elements() const override;
  Traffic traffic() const override;

 private:
  Input<T> x_;
  Output<T> y_;
  const Parameters<T>& parameters_;
  std::uint64_t stream_;
  std::uint32_t threshold_;
  T scale_;
  std::vector<std::uint32_t> kept_;  // a bit for each element
};

// x where nothing is dropped: in evaluation, and at rate 0.
template <class T>
Value<T>& add_dropout(Graph<T>& graph, const Parameters<T>& parameters, const std::string& layer, Value<T>& x,
                      double rate);

}  // namespace normlab
