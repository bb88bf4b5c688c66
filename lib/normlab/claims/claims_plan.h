// Claims with their experiments: what is to run where, and which runs each contrast compares.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "normlab/claims/claim_cells.h"
#include "normlab/claims/claims_file.h"
#include "normlab/experiment/spec/sweep_spec.h"

namespace normlab {

// On which of a claim's seeds: those that the verdict is made on, or those that it is sought on again.
enum class ClaimPhase { final, replication };

const std::vector<std::uint64_t>& seeds_of(const ClaimsFile& file, ClaimPhase phase);

struct PlannedExperiment {
  std::filesystem::path spec_file;
  std::string sha256;
  SweepSpec spec;  // with the seeds of the claims
  std::optional<SweepSpec>
      search;            // with what it leaves to a search, and the seeds of that; nothing without one
  bool searched = true;  // false while nothing is chosen: the runs are not the final ones yet
  std::vector<SweepRun> runs;
  std::filesystem::path folder;    // of its results
  std::vector<std::size_t> files;  // that have claims about it
};

struct PlannedContrast {
  const ClaimContrast* contrast;
  ClaimCell cell;
};

struct PlannedClaim {
  const Claim* claim;
  std::size_t file;                       // place in the plan
  std::optional<std::size_t> experiment;  // likewise; nothing for claims of invariances and of kernels
  std::vector<PlannedContrast> contrasts;
};

// The kernels that a file of claims is about.
struct PlannedKernels {
  std::size_t file;               // place in the plan
  std::filesystem::path times;    // kernel_times_file()
  std::vector<KernelPair> pairs;  // that are compared, each once
};

struct ClaimsPlan {
  ClaimPhase phase = ClaimPhase::final;
  std::vector<ClaimsFile> files;
  std::vector<PlannedExperiment> experiments;  // each once
  std::vector<PlannedClaim> claims;            // in the order of the files
  std::vector<PlannedKernels> kernels;         // of the files that have claims about some
};

// Whether a claim compares something of the experiment's runs, and whether one needs the durations of its
// steps.
bool needs_runs(const ClaimsPlan& plan, std::size_t experiment);
bool needs_step_times(const ClaimsPlan& plan, std::size_t experiment);

// Results go to OUT/NAME, of replications to OUT/NAME-replication, NAME being the experiment's. Nothing is
// written. RequestError that names the claim for what find_cells() refuses, for an experiment that two files
// want with different seeds, for two experiments with one name, and for a file of so many contrasts that no
// interval could be made at Holm's level.
ClaimsPlan plan_claims(std::vector<ClaimsFile> files, ClaimPhase phase, const std::filesystem::path& out);

// RequestError naming `claims` unless both plans are of the same files with the same content: while the one
// was followed, the rules that the other has were not edited.
void require_same_rules(const ClaimsPlan& before, const ClaimsPlan& now);

}  // namespace normlab
