// Whether the times in a record can be believed.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace normlab {

// The record's time_warnings, as it has them; none when it doubts nothing.
std::vector<std::string> time_warnings_of(const nlohmann::json& record);

// Whether something else had the core during most of the run's steps (train/clock_check.h).
bool doubts_median_step(const nlohmann::json& record);

}  // namespace normlab
