// How good the networks of a group became: what they reached in validation, and in the test where that
// compares.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "normlab/analysis/seed_groups.h"
#include "normlab/analysis/statistics.h"

namespace normlab {

// Of the metric that the task reports. Diverged runs are not_reached at their end and in the test, since they
// have no network to show; leaving them out would make the group look better than it is. Failed, undefined
// and unfinished runs take part in none.
struct Quality {
  std::optional<Spread> best;  // of all evaluations of a run; of a diverged one, those before
  std::optional<Spread> last;  // at the end of a run
  std::optional<Spread> test;
};

Quality quality_of(const SeedGroup& group);

// For each group, whether its test compares with those of the other norms: whether all tested runs were at
// the same step, those of all groups that differ from it only in the norm and in how it was trained
// (the settings of norm, optimizer, schedule and init, and clip_gradient_norm). `columns` are what the
// groups' settings are of.
std::vector<bool> tests_that_compare(const std::vector<SeedGroup>& groups,
                                     const std::vector<std::string>& columns);

}  // namespace normlab
