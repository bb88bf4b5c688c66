// The first phase of a sweep that is tuned: trials, whose runs are ordinary ones in the folder tuning/ of the
// sweep's, until each cell has its choice.
//
// Every cell gets the same points. Its trials are compared when their runs have come to a quarter of their
// budget, to half and to the end of it: the better half goes on, and at least two trials (successive halving,
// Jamieson & Talwalkar 2016, arXiv:1502.07943). Where the best lies at an end of a range, as many trials more
// are made beyond that end, twice at most.
#pragma once

#include <filesystem>
#include <optional>

#include "normlab/experiment/spec/sweep_spec.h"
#include "normlab/experiment/sweep/run_sweep.h"
#include "normlab/experiment/tune/tuned.h"

namespace normlab {

struct TuneRequest {
  const SweepSpec& spec;         // with its `tune`
  std::filesystem::path folder;  // of the sweep's results
  SweepOptions options;
  std::uint64_t max_runs = default_max_runs;
};

// The runs of the first trials of all cells. RequestError for whatever is wrong with the search: points that
// the settings do not allow, seeds that the sweep's own runs have, a target or a budget by which trials
// cannot be compared.
std::vector<SweepRun> first_trials(const TuneRequest& request);

// Does the trials, or what is left of them: how far they are is read from their records. Nothing when they
// were interrupted, or some failed; `outcome` tells of the last of them. Throws what first_trials(),
// check_runs_against_data(), RunStore and run_sweep() throw.
std::optional<Tuned> tune_sweep(const TuneRequest& request, SweepOutcome& outcome);

}  // namespace normlab
