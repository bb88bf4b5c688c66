// One class for each image. Metrics: loss, and error, the fraction of images whose class is missed.
#pragma once

#include "normlab/tasks/task.h"

namespace normlab {

const Task& classification();

TaskShape classification_of(ImageShape images, Index classes);

}  // namespace normlab
