// What a run would train, without training it.
#pragma once

#include <string>

#include "normlab/train/run_config.h"

namespace normlab {

// A table of the operations of the training graph, in the order of forward(): layer, shapes, bytes kept for
// backward and multiply-adds, with their sums. Reads the data, for the shape of the network; throws
// RequestError as train() does where the network is undefined or does not fit.
std::string describe_network(const RunConfig& config);

}  // namespace normlab
