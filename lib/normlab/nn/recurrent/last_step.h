// The outputs that a recurrent layer ends with.
#pragma once

#include "normlab/nn/graph/graph.h"

namespace normlab {

// x (T, B, H) to y (B, H): x at time step T - 1, or at time step 0 for a layer that runs in reverse.
template <class T>
class LastStep : public Op<T> {
 public:
  LastStep(Value<T>& x, Value<T>& y, bool reverse);
  std::string name() const override { return "last step"; }
  void forward() override;
  void backward() override;  // zero at all other time steps

 private:
  Input<T> x_;
  Output<T> y_;
  Index offset_;  // of the step within x
};

}  // namespace normlab
