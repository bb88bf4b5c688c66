// The training steps that `normlab bench steps` measures, and scripts/bench_torch.py races.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "normlab/models/model_spec.h"
#include "normlab/nn/graph/graph.h"

namespace normlab::bench {

// A whole step of a model on synthetic images (batch assembly, forward, loss, backward, clipping for
// recurrent models, Adam with a learning rate of zero, so that the numbers of every step are alike), or
// forward and backward of one recurrent layer on a sequence, whose output has a gradient of one and whose
// input wants none.
struct StepCase {
  std::string model;  // "mlp", "rnn", "lstm", "gru", "cnn", or "lstm-layer", "gru-layer"
  std::string
      shape;  // what the model's name does not say: "784-1000-1000-10", "28x28-128" (steps x inputs - hidden)
  Index batch = 0;
  NormSpec norm;
  ModelSpec spec;
  Index steps = 0, in = 0;  // of recurrent layers; of Recurrent{}
  std::string norm_name() const;
  std::string group() const;  // "mlp-784-1000-1000-10-b32": cases that differ in their norm only
  std::string name() const;   // "mlp-784-1000-1000-10-b32-layer"
};

// Every model with every norm that is defined there, at batch sizes 4, 32 and 128 (and 512 for the mlp); the
// recurrent layers of docs/performance.md. Cases of a group stand together, `none` first.
std::vector<StepCase> all_step_cases();

class Step {
 public:
  virtual ~Step() = default;
  virtual void operator()() = 0;
  virtual Index parameters() const = 0;  // that an optimizer updates in the step
  virtual const Graph<float>& graph() const = 0;
};

std::unique_ptr<Step> make_step(const StepCase& c);

}  // namespace normlab::bench
