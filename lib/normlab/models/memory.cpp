#include "normlab/models/memory.h"

namespace normlab {

double model_memory(const ModelSpec& model, const NormSpec& norm, const OptimizerSpec& optimizer,
                    const TaskShape& task, const GraphBatches& batches) {
  MemoryCount count(norm, batches);
  model->count_memory(count, task);
  return count.bytes(optimizer);
}

}  // namespace normlab
