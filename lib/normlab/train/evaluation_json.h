// Evaluations as JSON, in the form that records have (docs/results-format.md); checkpoints keep them in the
// same form.
#pragma once

#include <nlohmann/json.hpp>

#include "normlab/train/run_result.h"

namespace normlab {

// {"loss": …, "error": …}, and "bits_per_character" for text.
nlohmann::ordered_json to_json(const Metrics& metrics, bool text_task);
nlohmann::ordered_json to_json(const Evaluation& evaluation, bool text_task);
Evaluation evaluation_from_json(const nlohmann::json& in);

}  // namespace normlab
