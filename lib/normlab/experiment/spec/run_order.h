// The order in which a sweep starts its runs.
#pragma once

#include <vector>

#include "normlab/experiment/spec/sweep_spec.h"

namespace normlab {

// Seed after seed as in `runs`; within a seed in an order that the seed draws at random, so that a machine
// that gets slower or busier does not do so for one norm alone. A function of the runs: what a resumed sweep
// leaves out does not move the others. The pointers are into `runs`.
std::vector<const SweepRun*> start_order(const std::vector<SweepRun>& runs);

}  // namespace normlab
