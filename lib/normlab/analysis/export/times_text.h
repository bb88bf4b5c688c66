// Step times that were measured apart, for a terminal.
#pragma once

#include <string>

#include "normlab/records/times.h"

namespace normlab {

// A table of the times, one of all ratios between norms, and what the figures are.
std::string render_step_times(const StepTimesRecord& times);

// "0.0432": milliseconds with four digits.
std::string milliseconds(double seconds);

}  // namespace normlab
