// What happens inside a network: statistics of every tracked layer's outputs and gradients (--track layers).
#pragma once

#include <vector>

#include "normlab/nn/graph/graph.h"
#include "normlab/nn/graph/parameters.h"
#include "normlab/train/run_result.h"

namespace normlab {

// Of the batch that went through `graph` last, and of the weights as they are now.
std::vector<LayerStatistics> layer_statistics(const Graph<float>& graph);

// The statistics of a network before its first step: that batch's, with the weights as they were then.
class InitialLayers {
 public:
  // Before the first step.
  explicit InitialLayers(const Graph<float>& graph);
  // After it.
  std::vector<LayerStatistics> statistics(const Graph<float>& graph) const;

 private:
  std::vector<double> weight_norms_;
};

}  // namespace normlab
