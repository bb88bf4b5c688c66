// Checks that settings which were accepted survive being written and read.
#pragma once

#include "normlab/experiment/sweep_spec.h"
#include "normlab/train/run_config.h"

namespace normlab::fuzz {

void require_same_again(const RunConfig& config);

// The spec itself, and the config of each of its cells when they are few. Throws what expand() throws.
void require_same_again(const SweepSpec& spec);

}  // namespace normlab::fuzz
