// The order in which a sweep starts its runs.
#pragma once

#include <vector>

#include "normlab/experiment/sweep_spec.h"

namespace normlab {

// Seed after seed as in `cells`; within a seed in an order that the seed draws at random, so that a machine
// that gets slower or busier does not do so for one norm alone. A function of the cells: what a resumed sweep
// leaves out does not move the others. The pointers are into `cells`.
std::vector<const SweepCell*> start_order(const std::vector<SweepCell>& cells);

}  // namespace normlab
