// Measures of claims that are numbers of a network, as records have them of layers, of time steps and of the
// two modes of computation (docs/results-format.md).
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "normlab/claims/claim_fields.h"
#include "normlab/core/json.h"
#include "normlab/train/run_config.h"

namespace normlab {

struct RecordedStatistic {
  std::string name;       // one of statistic_names()
  std::string of;         // one of statistic_reductions(); "" of what is a single number
  bool at_start = false;  // before the first step; otherwise at the last evaluation
};

// "gradient_norm", "parameter_gradient_norm", "weight_norm", "activation.deviation" of each hidden layer, and
// "parameter_gradient_ratio": the second over the first, which tells what the layer itself does to a
// gradient. "time_gradient_norm": of each time step of the first recurrent layer. "mode_gap": of the network.
const std::vector<std::string>& statistic_names();
// "first", "last", "smallest", "largest", "spread" (largest / smallest), "first/last".
const std::vector<std::string>& statistic_reductions();

// {"statistic": NAME, "of": REDUCTION, "at": "start" | "end"}. RequestError naming the field.
RecordedStatistic read_statistic(const ClaimFields& fields);
Json statistic_json(const RecordedStatistic& statistic);
std::string statistic_text(const RecordedStatistic& statistic);  // "gradient norm (spread, start)"

// Why runs of this config do not record it; nothing where they do.
std::optional<std::string> why_not_recorded(const RecordedStatistic& statistic, const RunConfig& config);

// What a record says, a finite number of at least 0; nothing where it does not tell. Norms and deviations
// that single precision has no normal number for, since they vanished or exploded, count as its smallest
// (1.2e-38) or largest (3.4e38), so that quotients of them are numbers.
std::optional<double> value_of(const RecordedStatistic& statistic, const nlohmann::json& record);

// What counts for a run that diverged before it could tell of its start: the largest that these bounds allow.
double largest_value(const RecordedStatistic& statistic);

}  // namespace normlab
