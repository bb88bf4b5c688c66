// Evaluations as JSON, in the form that records have (docs/results-format.md); checkpoints keep them in the
// same form.
#pragma once

#include <nlohmann/json.hpp>

#include "normlab/train/run_result.h"

namespace normlab {

// {"loss": …, "error": …}: each value by the name of its metric, in the order of the task's.
nlohmann::ordered_json to_json(const MetricValues& values, const std::vector<Metric>& metrics);
nlohmann::ordered_json to_json(const std::vector<LayerStatistics>& layers);
nlohmann::ordered_json to_json(const Evaluation& evaluation, const std::vector<Metric>& metrics);
// Throws nlohmann's exceptions for what to_json() does not write.
std::vector<LayerStatistics> layers_from_json(const nlohmann::json& list);
Evaluation evaluation_from_json(const nlohmann::json& in, const std::vector<Metric>& metrics);

}  // namespace normlab
