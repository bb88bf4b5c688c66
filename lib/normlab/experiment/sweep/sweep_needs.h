// What the runs of a sweep need: data that fits, memory, time for evaluations.
#pragma once

#include <string>
#include <vector>

#include "normlab/experiment/spec/sweep_spec.h"

namespace normlab {

// Nothing where the run is undefined.
struct RunNeeds {
  double memory = 0;      // bytes of its network
  double evaluation = 0;  // evaluation_share()
  std::string checksum;   // of its data: DataSize::checksum
  Index last_step = 0;    // of its budget
};

struct SweepNeeds {
  std::vector<RunNeeds> runs;         // in the order of the runs
  std::vector<std::string> warnings;  // each once
};

// Checks every run that is to run against its data and the memory that there is for `jobs` of them side by
// side, reading each data set once: RequestError before any work starts.
SweepNeeds check_runs_against_data(const std::vector<SweepRun>& runs, int jobs);

}  // namespace normlab
