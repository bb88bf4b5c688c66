// What happens inside a network: statistics of every tracked layer's outputs and gradients (--track layers).
#pragma once

#include <vector>

#include "normlab/nn/graph/graph.h"
#include "normlab/nn/graph/parameters.h"
#include "normlab/train/run_result.h"

namespace normlab {

// Of the batch that went through `graph` last.
std::vector<LayerStatistics> layer_statistics(const Graph<float>& graph);

}  // namespace normlab
