// Checks that settings which were accepted survive being written and read.
#pragma once

#include "normlab/experiment/spec/sweep_spec.h"
#include "normlab/train/run_config.h"

namespace normlab::fuzz {

void require_same_again(const RunConfig& config);

// A spec of few runs, and the config of each. Throws what expand() throws.
void require_same_again(const SweepSpec& spec);

}  // namespace normlab::fuzz
