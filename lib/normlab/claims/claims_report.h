// The verdicts on claims, from the records that there are.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "normlab/claims/claim_evidence.h"
#include "normlab/claims/claims_plan.h"
#include "normlab/statistics/verdict.h"

namespace normlab {

// What one set of seeds says of a contrast.
struct JudgedCell {
  ClaimEvidence evidence;
  std::optional<Judgement> judgement;  // nothing where runs are missing or nothing compares
  // Where the verdict is another one: "undecided for validation.error<=0.018 for 3"
  std::vector<std::string> fragile;

  std::string verdict() const;  // a Verdict's name, "not run" or "not comparable"
};

struct JudgedContrast {
  const ClaimContrast* contrast;
  std::string label;
  Index seeds = 0;  // a side
  Index runs = 0;   // of both
  JudgedCell final, replication;
};

// A claim of an invariance on one set of seeds and on the other.
struct JudgedInvariance {
  const Invariance* invariance;
  Index seeds = 0;
  OutputChange final, replication;
};

struct JudgedClaim {
  const Claim* claim;
  std::filesystem::path file;            // of the claim
  std::filesystem::path folder;          // of its experiment's results; "" without an experiment
  double level = 0.05;                   // of its family
  std::string doubt, replication_doubt;  // doubt_of_rule()
  std::vector<JudgedContrast> contrasts;
  std::vector<JudgedInvariance> invariances;

  // Of all of its contrasts, or invariances, together: contradicted when one is, supported when all are,
  // otherwise the first of "not run", "not comparable", "underpowered" and "undecided" that one of them is.
  std::string verdict() const;
  std::string replication() const;  // likewise, on the replication seeds
  bool is_fragile() const;
};

struct ClaimsReport {
  std::vector<JudgedClaim> claims;
};

// The family of a contrast, over which Holm's procedure holds the level, are all contrasts of the claims file
// that it stands in, whatever else is reported with it. Both plans are of the same files, and live as long as
// the report. Throws what gather_evidence() throws.
ClaimsReport judge_claims(const ClaimsPlan& final, const ClaimsPlan& replication);

}  // namespace normlab
