// What the records of a contrast's runs say of it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "normlab/claims/claim_cells.h"
#include "normlab/claims/claim_times.h"
#include "normlab/records/record_files.h"
#include "normlab/statistics/verdict.h"

namespace normlab {

struct ClaimEvidence {
  std::vector<Observation> first, second;  // by seed
  double horizon = 0;
  Index reached_first = 0, reached_second = 0;  // where one is asked: runs that reached the target
  Index missing = 0;                            // runs that have not ended yet
  std::vector<double> ratios;                   // of durations, first / second, of each round
  bool untimed = false;                         // durations are needed, and were not measured yet
  std::string reason;                           // why nothing can be compared, or ""

  // Nothing where runs or durations are missing, or for `reason`. The groups are paired: both have the same
  // seeds. What it returns looks at this object.
  std::optional<Hypothesis> hypothesis(const ClaimContrast& contrast) const;
};

// Reads the records of the cell's runs in an experiment's folder; the target of times is that of `files`.
//
// Times are those of awaited_time(), and both sides are compared up to where compare_times() says: a run that
// diverged never reaches its target, and is censored where its budget ends. Metrics, counts and statistics
// are events at their value; to a count a half is added. A run that diverged has the worst metric that any
// run of the contrast has where the claim is about the direction alone; where it is about how much (margins
// other than 1), and for statistics at the end, nothing compares. Of statistics at the start that a run
// diverged too soon to tell, it has the largest there is. Seconds are steps times the median duration of a
// step in `times`, of the second side, and for the first one times the median ratio besides; a step's time is
// that of `times` alone. Records of another machine than `times` have no seconds.
//
// RequestError naming `results` when the runs were trained on different data.
ClaimEvidence gather_evidence(const ClaimCell& cell, const ClaimContrast& contrast,
                              const std::filesystem::path& folder, RecordFiles& files,
                              const std::optional<StepTimesRecord>& times);

// Of the durations of two kernels.
ClaimEvidence kernel_evidence(const KernelPair& kernels, const std::vector<KernelTimesRecord>& times);

}  // namespace normlab
