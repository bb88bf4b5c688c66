// From a model spec to a recorded graph.
#pragma once

#include <memory>

#include "normlab/models/model_spec.h"
#include "normlab/nn/graph/graph.h"
#include "normlab/nn/graph/parameters.h"
#include "normlab/tasks/task.h"

namespace normlab {

// One recorded graph. Before forward(), fill what `buffers` names: what the model reads of the task's inputs,
// and its labels.
template <class T>
struct ModelGraph {
  explicit ModelGraph(Mode mode) : graph(mode) {}

  Graph<T> graph;
  Index batch = 0;
  BatchBuffers<T> buffers;
  std::unique_ptr<Loss<T>> loss;
};

// Records the model for batches of `batch` samples (or streams). Declares its parameters or finds
// them.
template <class T>
std::unique_ptr<ModelGraph<T>> record_model(const ModelSpec& model, const NormSpec& norm,
                                            const TaskShape& task, Index batch, Mode mode,
                                            Parameters<T>& parameters);

}  // namespace normlab
