// By which settings the rows of a report are told apart, when it is asked for some.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "normlab/analysis/seed_groups.h"

namespace normlab {

// find_varying_settings(), or if `by` names any: these columns alone, beside `more` where that says further
// ones. Model, norm and batch size tell rows apart anyway. RequestError naming `by` for a setting that no run
// has, and for the seed.
VaryingSettings choose_columns(const std::vector<RunRecord>& runs, std::span<const std::string> by,
                               std::span<const std::string> more);

// A sentence on the settings in which runs of one group differ, if there are any.
std::vector<std::string> doubts_of_columns(const std::vector<RunRecord>& runs,
                                           const std::vector<SeedGroup>& groups);

}  // namespace normlab
