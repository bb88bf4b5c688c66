// One training step: batch, forward, loss, backward, clipping, update.
#pragma once

#include "normlab/optim/optimizer.h"
#include "normlab/train/network.h"

namespace normlab {

// A loss beyond this, in nats, is not coming back: guessing costs log(classes), and a network that is certain
// and wrong on every sample would have logits this far apart.
inline constexpr double exploded_loss = 1e6;

// What a step needs to know of its run. Allocates nothing and creates no primitive once the graphs of all
// batch sizes are recorded (Network::prepare).
class TrainingStep {
 public:
  TrainingStep(Network& network, Optimizer<float>& optimizer, double clip_gradient_norm)
      : network_(network), optimizer_(optimizer), clip_gradient_norm_(clip_gradient_norm) {}

  // Trains on one batch of `source`. False when loss or gradient exploded; the parameters are untouched then.
  bool operator()(const BatchSource& source, Index batch, double learning_rate);

  const ClassificationSums& sums() const { return graph_->loss->sums(); }  // of the batch just trained on
  ModelGraph<float>* graph() { return graph_; }                            // null before the first step

 private:
  // What the gradients are multiplied with, or nothing when they are not finite.
  std::optional<double> gradient_scale() const;

  Network& network_;
  Optimizer<float>& optimizer_;
  double clip_gradient_norm_;
  ModelGraph<float>* graph_ = nullptr;
};

}  // namespace normlab
