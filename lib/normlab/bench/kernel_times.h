// How long normalization kernels take by themselves, in rounds: what claims about them are judged by.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/bench/timed_rounds.h"
#include "normlab/records/kernel_times.h"

namespace normlab::bench {

// Rounds in which each kernel has a turn, in random order, on one thread: its tensors are made anew, so that
// no accident of their placement is in all rounds, it is called until it is warm, and then for
// `effort.turn_seconds`. The median of these calls is its time in the round; short calls are timed several at
// once. `what` is what they are measured for. The record's `file` and `sha256` are left empty.
KernelTimesRecord measure_kernels(const std::string& what, const std::vector<TimedKernel>& kernels,
                                  const CellEffort& effort,
                                  const std::function<void(std::string_view)>& tell);

}  // namespace normlab::bench
