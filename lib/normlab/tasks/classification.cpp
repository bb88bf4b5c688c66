#include "normlab/tasks/classification.h"

#include "normlab/data/dataset_name.h"
#include "normlab/tasks/cross_entropy.h"

namespace normlab {

const Task& classification() {
  static const Task task{.name = "classification",
                         .inputs = {std::string(input::images)},
                         .samples = Samples::independent,
                         .sums = cross_entropy_sums(),
                         .metrics = cross_entropy_metrics(),
                         .values = cross_entropy_values,
                         .exploded_loss = exploded_cross_entropy,
                         .loss = cross_entropy(),
                         .learns = [](const DatasetSpec& dataset) { return !is_text(dataset); }};
  return task;
}

TaskShape classification_of(ImageShape images, Index classes) {
  return {.task = &classification(), .inputs = {images}, .outputs = classes};
}

}  // namespace normlab
