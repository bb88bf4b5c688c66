// What a network computes in training against what it computes in a test (--track modes): batch norm uses
// statistics of the batch in the one and running statistics in the other.
#pragma once

#include "normlab/train/network.h"
#include "normlab/train/run_result.h"

namespace normlab {

// Has a network of its own, so that nothing of the run's changes: neither running statistics nor carried
// states.
class ModeComparison {
 public:
  // `source` has to outlive it; each of its batches counts the same way in both modes.
  ModeComparison(const RunConfig& config, const TaskShape& shape, BatchSource& source);

  // Of the network with these parameters and running statistics, without dropout.
  ModeMetrics measure(const Parameters<float>& parameters);

 private:
  Network network_;
  BatchSource& source_;
};

}  // namespace normlab
