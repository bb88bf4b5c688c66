// What the formats for people say of contrasts.
#pragma once

#include <string>

#include "normlab/analysis/export/table.h"
#include "normlab/analysis/report.h"

namespace normlab {

// A row for each of the report's contrasts. Ranges are intervals.
Table make_contrast_table(const Report& report);

// What the numbers are, in a paragraph.
std::string contrast_explanation(const Report& report);

// A row for each contrast and threshold, a column for each number of evaluations at which it is to hold; for
// a report that has Sensitivity.
Table make_sensitivity_table(const Report& report);

std::string sensitivity_explanation();

}  // namespace normlab
