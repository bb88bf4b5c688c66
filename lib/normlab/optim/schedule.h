// The learning rate over time.
#pragma once

#include "normlab/optim/optimizer_spec.h"

namespace normlab {

// How long the run can be, in steps, and how many steps an epoch has.
struct ScheduleLength {
  Index total_steps = 0;  // of the whole budget; needed by cosine
  Index steps_per_epoch = 1;
};

// The factor on the learning rate for step `step`, counted from 0 (see ScheduleSpec):
//   warm-up: min(1, (step + 1) / warmup_steps)
//   step:    factor^floor(step / (step_epochs * steps_per_epoch))
//   cosine:  final_factor + (1 - final_factor) (1 + cos(pi t)) / 2, t = the fraction done of the steps after
//   warm-up
double schedule_factor(const ScheduleSpec& spec, const ScheduleLength& length, Index step);

}  // namespace normlab
