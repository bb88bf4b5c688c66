// One training step: batch, forward, loss, backward, clipping, update.
#pragma once

#include "normlab/optim/optimizer.h"
#include "normlab/train/network.h"

namespace normlab {

// What a step needs to know of its run. Allocates nothing and creates no primitive once the graphs of all
// batch sizes are recorded (Network::prepare).
class TrainingStep {
 public:
  TrainingStep(Network& network, Optimizer<float>& optimizer, double clip_gradient_norm)
      : network_(network),
        optimizer_(optimizer),
        clip_gradient_norm_(clip_gradient_norm),
        sums_(network.task().sums.size()) {}

  // Trains on one batch of `source`. False when loss or gradient exploded; the parameters are untouched then.
  bool operator()(const BatchSource& source, Index batch, double learning_rate);

  const MetricSums& sums() const { return sums_; }  // of the batch just trained on
  ModelGraph<float>* graph() { return graph_; }     // null before the first step
  // Whether the loss of that batch was such that it went back through the graph, whatever came of it.
  bool has_gradients() const { return sums_.mean_loss() <= network_.task().exploded_loss; }

 private:
  // What the gradients are multiplied with, or nothing when they are not finite.
  std::optional<double> gradient_scale() const;

  Network& network_;
  Optimizer<float>& optimizer_;
  double clip_gradient_norm_;
  MetricSums sums_;
  ModelGraph<float>* graph_ = nullptr;
};

}  // namespace normlab
