// What the step times beside an experiment's records (times.json) say of a contrast.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "normlab/claims/claim_cells.h"
#include "normlab/records/times.h"

namespace normlab {

// The times.json of an experiment's folder; nothing when there is none, or, with a warning, when it is
// damaged.
std::optional<StepTimesRecord> read_step_times(const std::filesystem::path& folder);

// What is known of the durations of both sides' steps.
struct TimedSides {
  std::vector<double> ratios;  // first / second, of each round; none where they were not measured
  double second_seconds = 0;   // of a step of the second side: median over the rounds
  std::string reason;          // why they cannot be compared, or ""
};
TimedSides timed_sides(const ClaimCell& cell, const std::optional<StepTimesRecord>& times);

}  // namespace normlab
