// Evaluations as JSON, in the form that records have (docs/results-format.md); checkpoints keep them in the
// same form.
#pragma once

#include <nlohmann/json.hpp>

#include "normlab/train/run_result.h"

namespace normlab {

// {"loss": …, "error": …}, and "bits_per_character" or "bits_per_byte" for a text in that unit.
nlohmann::ordered_json to_json(const Metrics& metrics, std::optional<TextUnit> unit);
nlohmann::ordered_json to_json(const Evaluation& evaluation, std::optional<TextUnit> unit);
Evaluation evaluation_from_json(const nlohmann::json& in);

}  // namespace normlab
