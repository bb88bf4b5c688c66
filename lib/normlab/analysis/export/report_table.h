// What the formats for people show of a report: the table's fields, and what stands above and below it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "normlab/analysis/export/table.h"
#include "normlab/analysis/report.h"

namespace normlab {

Table make_table(const Report& report);

// What was trained on what: labels and texts. Empty where there are no rows.
using Heading = std::vector<std::pair<std::string, std::string>>;
Heading make_heading(const Report& report);

// What the numbers are, in a paragraph.
std::string explanation(const Report& report);

}  // namespace normlab
