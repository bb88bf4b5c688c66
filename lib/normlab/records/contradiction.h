// Whether two records of one run say the same.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace normlab {

// Where two records of one id contradict each other, as the end of a sentence that begins with them ("… from
// step 120 on", "… in the test's results"), or "". A run is a function of its config and seed, so that what
// both have, be it cut short by an interruption or a budget in seconds, is equal but for times, and one that
// ended by itself ends in the same way and place in both; fields that only one has, such as those of a newer
// version, contradict nothing.
std::string contradiction_of(const nlohmann::json& a, const nlohmann::json& b);

}  // namespace normlab
