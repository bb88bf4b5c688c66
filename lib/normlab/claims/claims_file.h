// A file of claims (docs/claims-format.md): what is claimed, and by which rule it will be judged.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "normlab/claims/claim_statistic.h"
#include "normlab/claims/invariance.h"
#include "normlab/claims/kernel_claims.h"
#include "normlab/core/json.h"
#include "normlab/core/tensor.h"
#include "normlab/statistics/verdict.h"

namespace normlab {

// What is compared: how long a run took to a target; the validation value of the metric that its task
// reports, at its best evaluation or at its last; with how many values of a setting a seed's runs reached the
// target; how long a step takes, measured apart from the runs, or a call of a kernel; or a number of the
// network (claim_statistic.h).
enum class ClaimMeasure {
  steps,
  epochs,
  best_metric,
  final_metric,
  reached,
  seconds,
  step_time,
  kernel_time,
  statistic
};

const std::vector<std::string>& claim_measure_names();    // in the order of the enumeration; not `statistic`
const std::vector<std::string>& claim_direction_names();  // likewise
bool is_time(ClaimMeasure measure);                       // counts up to a target
bool is_metric(ClaimMeasure measure);                     // of the validation set
bool has_target(ClaimMeasure measure);                    // asks for one
bool needs_step_times(ClaimMeasure measure);              // is made of durations of steps

// Settings and the values of which they have one, by dotted paths; a single value stands for its list.
using Where = std::vector<std::pair<std::string, std::vector<Json>>>;

struct ClaimContrast {
  std::string setting;    // that the two sides differ in, dotted; of a named object, its name
  Json value, reference;  // of the first side, and of the second
  Where where;            // which of the experiment's runs; every combination that is left is a contrast
  ClaimMeasure measure = ClaimMeasure::steps;
  std::optional<RecordedStatistic> statistic;  // of the measure of that name
  std::string over;                // of `reached`: the setting whose values count, dotted; "" otherwise
  std::string target;              // of steps, epochs and reached; "" otherwise
  std::vector<double> thresholds;  // that the target might as well have had
  std::vector<Index> holds;        // evaluations in a row, likewise
  ClaimDirection direction = ClaimDirection::less;
  double margin = 1;                       // of the ratio first / second
  std::optional<KernelPair> kernels = {};  // of kernel_time: what is measured
};

Json measure_json(const ClaimContrast& contrast);         // as the claims file says it
std::string measure_text(const ClaimContrast& contrast);  // as tables do: "best metric"

struct Claim {
  std::string id, sentence, paper, section;
  std::filesystem::path spec;            // of the experiment; from where the program runs
  std::string spec_sha256;               // that the claims file says
  std::vector<ClaimContrast> contrasts;  // of kernels: without an experiment
  std::vector<Invariance> invariances;   // in place of an experiment and contrasts; then `spec` is ""
};

struct ClaimSeeds {
  std::vector<std::uint64_t> tuning, final, replication;  // no two have one in common; tuning may be empty
};

struct ClaimsFile {
  std::filesystem::path path;
  std::string sha256;  // of its bytes
  double level = 0.05;
  ClaimSeeds seeds;
  std::vector<Claim> claims;
};

// RequestError that names the file and the field for what is no file of claims, for seeds that overlap, for
// an experiment that is not there, and for one that is not the one whose hash is given.
ClaimsFile parse_claims(std::string_view text, const std::filesystem::path& path);
// The same of what stands in the file.
ClaimsFile load_claims_file(const std::filesystem::path& file);

// Of a folder, all that end in .json, by their names. RequestError naming `claims` when there are none, or
// when two claims have one id.
std::vector<ClaimsFile> load_claims(const std::filesystem::path& file_or_folder);

}  // namespace normlab
