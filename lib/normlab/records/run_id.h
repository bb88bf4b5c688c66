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

}  // namespace normlab
