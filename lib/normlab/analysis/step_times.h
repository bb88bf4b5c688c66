// What step times that were measured apart say of a sweep's runs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "normlab/analysis/seed_groups.h"
#include "normlab/statistics/timed_steps.h"

namespace normlab {

// What one group takes, where its steps were timed on the machine of its runs.
struct GroupTimes {
  MedianInterval step;               // seconds of a step
  std::optional<TimedMean> seconds;  // to the target, or of the whole run where there is none; nothing when
                                     // no run reached it
};

// Nothing where no times.json has a time of the group's cell and is of the machine of all its runs. With
// `whole_runs` the seconds are up to the end of the runs, else to their target.
std::optional<GroupTimes> times_of_group(const SweepRecords& sweep, const SeedGroup& group, bool whole_runs);

// The times of the cells of two groups, from the same rounds; null pointers where there are none, they are of
// another machine than a run of the groups, or a group has runs of several cells.
struct TimedPair {
  const CellTimes *first = nullptr, *second = nullptr;
};
TimedPair timed_pair(const std::vector<StepTimesRecord>& times, const SeedGroup& first,
                     const SeedGroup& second);

// "measured apart, 15 rounds, 2026-03-01T14:05:09Z, normlab 0.1.0"; "" without times.
std::string step_times_text(const SweepRecords& sweep);

// Why the times are not used for all runs, or are doubtful themselves; a sentence each.
std::vector<std::string> step_times_warnings(const SweepRecords& sweep);

}  // namespace normlab
