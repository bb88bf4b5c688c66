// What a reader of a report has to know before believing it.
#pragma once

#include <string>
#include <vector>

#include "normlab/analysis/report.h"
#include "normlab/analysis/sweep_records.h"

namespace normlab {

// A sentence each: what was passed over, what is missing, unfinished or failed, times that can be doubted,
// and records that do not compare. Of the report all but its warnings is there.
std::vector<std::string> warnings_of(const Report& report, const SweepRecords& sweep);

}  // namespace normlab
