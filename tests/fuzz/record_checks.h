// Checks that what was read from a sweep's folder can be shown.
#pragma once

#include "normlab/analysis/sweep_records.h"

namespace normlab::fuzz {

// The report in each of its formats.
void require_reportable(const SweepRecords& sweep);

}  // namespace normlab::fuzz
