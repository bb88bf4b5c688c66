// Everything a network remembers between steps. Lives outside the graphs, so that the training graph, the
// graph of the last smaller batch and the evaluation graph share it: declaring a name again returns what is
// there.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "normlab/kernels/activation.h"
#include "normlab/nn/graph/graph.h"
#include "normlab/nn/graph/init_spec.h"
#include "normlab/nn/graph/parameter.h"

namespace normlab {

template <class T>
struct NamedTensor {
  std::string name;
  Tensor<T> data;
};

template <class T>
class Parameters {
 public:
  // Every tensor is drawn from a stream of its own name, so its numbers do not depend on what else is
  // declared.
  Parameters(const InitSpec& init, std::uint64_t seed) : init_(init), seed_(seed) {}

  // shape (out, in) or (out, in, height, width); fan-in is everything but the first dimension, fan-out
  // everything but the second. He (normal, gain sqrt 2) before relu and gelu, Glorot (uniform) otherwise,
  // under `standard`.
  Parameter<T>& weight(const std::string& name, const Shape& shape, Activation followed_by);
  // shape (gates * hidden, in): Glorot with the fan-out of one gate; `torch` draws from +-1/sqrt(hidden).
  Parameter<T>& recurrent_input_weight(const std::string& name, Index gates, Index hidden, Index in);
  // shape (gates * hidden, hidden): each gate's square block is orthogonal.
  Parameter<T>& recurrent_weight(const std::string& name, Index gates, Index hidden);
  // shape (size): 0, or +-1/sqrt(fan_in) under `torch`.
  Parameter<T>& bias(const std::string& name, Index size, Index fan_in);
  Parameter<T>& constant(const std::string& name, ParameterRole role, const Shape& shape, T value);
  // Weight norm's gain: starts as the norm of each of `direction`'s rows, so that the product g v / ||v||
  // starts as v.
  Parameter<T>& row_norms(const std::string& name, const Parameter<T>& direction, const Shape& shape);

  // Running statistics: saved with the parameters, not trained.
  Tensor<T>& buffer(const std::string& name, const Shape& shape, T value);
  // Carried from one training step to the next (hidden states of truncated back-propagation): saved in
  // checkpoints.
  Tensor<T>& state(const std::string& name, const Shape& shape);

  std::deque<Parameter<T>>& parameters() { return parameters_; }
  const std::deque<Parameter<T>>& parameters() const { return parameters_; }
  std::deque<NamedTensor<T>>& buffers() { return buffers_; }
  const std::deque<NamedTensor<T>>& buffers() const { return buffers_; }
  std::deque<NamedTensor<T>>& states() { return states_; }

  Index parameter_count() const;  // trained numbers

  // What numbers that are drawn while training, such as dropout's, are functions of: so a run that continues
  // from a checkpoint draws those that it would have drawn.
  std::uint64_t seed() const { return seed_; }
  Index step() const { return step_; }  // of training, from 0
  void set_step(Index step) { step_ = step; }

 private:
  Parameter<T>* find(const std::string& name);
  Parameter<T>& add(const std::string& name, ParameterRole role, const Shape& shape);
  void draw_uniform(Parameter<T>& parameter, double bound);
  void draw_normal(Parameter<T>& parameter, double deviation);
  void draw_orthogonal(Parameter<T>& parameter, Index block_rows);

  InitSpec init_;
  std::uint64_t seed_;
  Index step_ = 0;
  std::deque<Parameter<T>> parameters_;
  std::deque<NamedTensor<T>> buffers_, states_;
  // Deep networks have too many tensors to look through for every one that is declared. Deques keep
  // addresses.
  std::unordered_map<std::string, Parameter<T>*> parameter_of_;
  std::unordered_map<std::string, Tensor<T>*> buffer_of_, state_of_;
};

}  // namespace normlab
