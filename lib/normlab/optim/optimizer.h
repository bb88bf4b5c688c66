// Update rules over all parameters of a network. The formulas are in kernels/optimizer_update.h.
#pragma once

#include <vector>

#include "normlab/nn/graph/parameters.h"
#include "normlab/optim/optimizer_spec.h"

namespace normlab {

// The global Euclidean norm of the gradients of all parameters.
template <class T>
double gradient_norm(const Parameters<T>& parameters);

template <class T>
class Optimizer {
 public:
  // `parameters` must be complete: declaring more afterwards is an error that step() does not see.
  Optimizer(const OptimizerSpec& spec, Parameters<T>& parameters);

  void step(double learning_rate, double gradient_scale = 1);

  // For checkpoints: steps taken, and the moments in the order of the parameters (Adam: first and second of
  // each).
  Index steps() const { return steps_; }
  void set_steps(Index steps) { steps_ = steps; }
  std::vector<Tensor<T>>& moments() { return moments_; }

 private:
  void update_adam(Parameter<T>& parameter, std::size_t index, double learning_rate, double gradient_scale);
  void update_sgd(Parameter<T>& parameter, std::size_t index, double learning_rate, double gradient_scale);

  OptimizerSpec spec_;
  Parameters<T>& parameters_;
  std::vector<Tensor<T>> moments_;
  Index steps_ = 0;
};

}  // namespace normlab
