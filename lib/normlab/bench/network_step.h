// A whole training step of a network on its data, for timing.
#pragma once

#include <algorithm>

#include "normlab/train/training_step.h"

namespace normlab::bench {

// Batch assembly, forward, loss, backward, clipping where the config has it, and the optimizer's update with
// a learning rate of zero: the same arithmetic, so that the numbers of every step are alike and no network
// diverges. Steps take the whole batches of an epoch in turn; a last one that is smaller is left out.
class NetworkStep {
 public:
  // `config` and `data` outlive the object.
  NetworkStep(const RunConfig& config, const RunData& data)
      : data_(data),
        network_(config, data.shape),
        graph_(network_.graph(config.batch_size, Mode::training)),
        optimizer_(config.optimizer, network_.parameters()),
        step_(network_, optimizer_, config.clip_gradient_norm),
        batches_(whole_batches(*data.train, config.batch_size)) {}

  // False when the loss exploded.
  bool operator()() { return step_(*data_.train, next_++ % batches_, 0); }

  Index parameters() { return network_.parameters().parameter_count(); }
  const Graph<float>& graph() const { return graph_.graph; }

 private:
  static Index whole_batches(const BatchSource& source, Index batch_size) {
    const Index batches = source.batches();
    return source.batch_size(batches - 1) == batch_size ? batches : std::max<Index>(1, batches - 1);
  }

  const RunData& data_;
  Network network_;
  ModelGraph<float>& graph_;
  Optimizer<float> optimizer_;
  TrainingStep step_;
  Index batches_, next_ = 0;
};

}  // namespace normlab::bench
