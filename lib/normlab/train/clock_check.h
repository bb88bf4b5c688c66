// Whether a run's times can be believed.
#pragma once

#include <string>
#include <vector>

#include "normlab/train/run_result.h"

namespace normlab {

// A sentence, without its full stop, for each reason to doubt `clock`; none when it can be believed.
// - The clock differs from the number of steps times `median_step` (seconds) by more than a factor of 1.2,
//   each process's warm-up left out on both sides. Needs 50 steps, for a median that means something, and for
//   a clock that is too short ten steps in an epoch: the last batch of an epoch is smaller.
// - Processor time of the thread that trains differs from the clock by more than 5 %. It works whenever there
//   is work, and waits only for other threads of the run that something keeps from their core; these sleep
//   where there is nothing to share, up to a tenth of the time. Needs 0.2 s: below, a single turn of another
//   process on the core is more than that.
// - The median step is doubtful as well.
std::vector<std::string> time_warnings(const TrainingClock& clock, double median_step,
                                       double steps_per_epoch);

// Whether something else had the core during most of the steps, so that the median step, too, is longer than
// the work in it: both the clock and the steps times `median_step` are more than 1.2 times the processor
// time. Needs 0.2 s.
bool is_median_step_doubtful(const TrainingClock& clock, double median_step);

}  // namespace normlab
