// When the validation set is looked at.
#pragma once

#include "normlab/train/run_config.h"

namespace normlab {

// The first step behind `step` that is evaluated.
Index next_evaluation(const EvaluationInterval& every, Index steps_per_epoch, Index step);

}  // namespace normlab
