// SIGINT, SIGTERM and SIGHUP as a wish to stop after a checkpoint.
#pragma once

#include <atomic>

namespace normlab {

// From now on the first such signal sets the flag that is returned; a second one ends the process at once, as
// it would without us.
const std::atomic<bool>& stop_on_signals();

// For the parent of a sweep: counts the signals, and leaves it to the caller what a second one means.
const std::atomic<int>& count_stop_signals();

// As stop_on_signals, for a child of a sweep: SIGINT is ignored, because a terminal sends it to the whole
// group and the parent decides; SIGTERM and SIGHUP set the flag however often they come.
const std::atomic<bool>& stop_when_parent_asks();

}  // namespace normlab
