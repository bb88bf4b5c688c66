// From a model spec to a recorded graph.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "normlab/data/batches.h"
#include "normlab/models/model_spec.h"
#include "normlab/nn/graph.h"
#include "normlab/nn/parameters.h"
#include "normlab/nn/softmax_cross_entropy.h"

namespace normlab {

// What goes into a network and what comes out.
struct TaskShape {
  bool text = false;
  Index height = 0, width = 0;  // images
  Index classes = 0;            // of images, or the size of the vocabulary
};

// One recorded graph. Before forward(), fill `images` in `layout` (image tasks) or `characters` (text tasks,
// (T, B)), and loss->labels() ((B), or (T, B) for text).
template <class T>
struct ModelGraph {
  explicit ModelGraph(Mode mode) : graph(mode) {}

  Graph<T> graph;
  Index batch = 0;
  ImageLayout layout = ImageLayout::flat;
  Value<T>* images = nullptr;
  std::vector<std::int32_t> characters;
  SoftmaxCrossEntropy<T>* loss = nullptr;
};

// Why `model` with `norm` has no meaning at this batch size, one sentence that names them, or nothing.
// `classes` and image sizes do not matter to the answer.
std::optional<std::string> undefined_reason(const ModelSpec& model, const NormSpec& norm, Index batch);

// Records the model for batches of `batch` samples (streams, for text). Declares its parameters or finds
// them.
template <class T>
std::unique_ptr<ModelGraph<T>> record_model(const ModelSpec& model, const NormSpec& norm,
                                            const TaskShape& task, Index batch, Mode mode,
                                            Parameters<T>& parameters);

}  // namespace normlab
