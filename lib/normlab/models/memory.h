// How much memory a network takes, from its spec alone.
#pragma once

#include "normlab/models/memory_count.h"
#include "normlab/models/model.h"

namespace normlab {

// Bytes of parameters, gradients, moments and running statistics, and of all that the graphs keep, without
// the data and the program. Counted in double precision, where no product of sizes overflows; an estimate in
// that small tensors and the workspace of oneDNN's primitives are left out or rounded.
double model_memory(const ModelSpec& model, const NormSpec& norm, const OptimizerSpec& optimizer,
                    const TaskShape& task, const GraphBatches& batches);

}  // namespace normlab
