// Two values side by side: the directions of a bidirectional layer.
#pragma once

#include "normlab/nn/graph/graph.h"

namespace normlab {

// a (rows, m), b (rows, n), y (rows, m + n), under any leading dimensions.
template <class T>
class Concat : public Op<T> {
 public:
  Concat(Value<T>& a, Value<T>& b, Value<T>& y);
  std::string name() const override { return "concatenate"; }
  void forward() override;
  void backward() override;

 private:
  Input<T> a_, b_;
  Output<T> y_;
  Index rows_, width_a_, width_b_;
};

}  // namespace normlab
