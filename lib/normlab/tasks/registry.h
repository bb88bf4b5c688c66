// The tasks that there are.
#pragma once

#include "normlab/tasks/task.h"

namespace normlab {

const std::vector<const Task*>& all_tasks();

// What is learned from a data set.
const Task& task_of(const DatasetSpec& dataset);

}  // namespace normlab
