// What a run is called: by its config as it is written, so that records of versions with other defaults keep
// their ids.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace normlab {

// Eight hexadecimal digits that identify a resolved config. Its keys are sorted, so that the order in which
// settings are written does not matter to a run's identity.
std::string config_hash(const nlohmann::json& config);

// "mlp-layer-b4-s1-9f2c1a7e": model, norm, batch size, seed, hash; "" when the config lacks one of these.
std::string id_of_config(const nlohmann::json& config);

// What of a config the time of a training step depends on: all but the seed, the target, the budget, when it
// is evaluated and what is tracked then, and the values from which and the lengths by which parameters move
// (init, initial_parameters, schedule, optimizer.learning_rate).
nlohmann::json timed_settings(nlohmann::json config);

// "mlp-layer-b4-9f2c1a7e": model, norm, batch size, hash of the timed settings. Runs of one cell take steps
// of one duration. "" when the config lacks one of these.
std::string cell_of_config(const nlohmann::json& config);

}  // namespace normlab
