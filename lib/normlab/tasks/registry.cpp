#include "normlab/tasks/registry.h"

#include <stdexcept>

#include "normlab/tasks/classification.h"
#include "normlab/tasks/language_modelling.h"

namespace normlab {

const std::vector<const Task*>& all_tasks() {
  static const std::vector<const Task*> tasks{
      &classification(),
      &language_modelling(TextUnit::character),
      &language_modelling(TextUnit::byte),
  };
  return tasks;
}

const Task& task_of(const DatasetSpec& dataset) {
  for (const Task* task : all_tasks()) {
    if (task->learns(dataset)) return *task;
  }
  throw std::logic_error("no task learns from this kind of data set");
}

}  // namespace normlab
