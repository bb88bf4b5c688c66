// What a run's record says whatever became of the run: its settings, and where it ran.
#pragma once

#include "normlab/experiment/run/environment.h"
#include "normlab/records/record.h"
#include "normlab/train/run_config.h"

namespace normlab {

RecordHead record_head(const RunConfig& config, const Placement& placement = {});

}  // namespace normlab
