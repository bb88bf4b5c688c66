#include "normlab/records/run_id.h"

#include <fmt/format.h>

#include "normlab/core/json.h"
#include "normlab/core/random.h"

namespace normlab {
namespace {

// "mlp-layer-b4"; "" when the config lacks one of these.
std::string names_in_config(const nlohmann::json& config) {
  const nlohmann::json* model = value_at(config, "model.name");
  const nlohmann::json* norm = value_at(config, "norm.name");
  const nlohmann::json* batch_size = value_at(config, "batch_size");
  const bool complete = model != nullptr && model->is_string() && norm != nullptr && norm->is_string() &&
                        batch_size != nullptr && batch_size->is_number_integer();
  if (!complete) return "";
  return fmt::format("{}-{}-b{}", model->get<std::string>(), norm->get<std::string>(), batch_size->dump());
}

}  // namespace

std::string config_hash(const nlohmann::json& config) {
  const std::uint64_t hash = hash_name(config.dump());
  return fmt::format("{:08x}", static_cast<std::uint32_t>(hash ^ (hash >> 32)));
}

std::string id_of_config(const nlohmann::json& config) {
  const std::string names = names_in_config(config);
  const nlohmann::json* seed = value_at(config, "seed");
  if (names.empty() || seed == nullptr || !seed->is_number_integer()) return "";
  return fmt::format("{}-s{}-{}", names, seed->dump(), config_hash(config));
}

nlohmann::json timed_settings(nlohmann::json config) {
  for (const char* setting : {"seed", "target", "keep_training", "budget", "evaluate_every", "track", "init",
                              "initial_parameters", "schedule"}) {
    config.erase(setting);
  }
  const auto optimizer = config.find("optimizer");
  if (optimizer != config.end() && optimizer->is_object()) optimizer->erase("learning_rate");
  return config;
}

std::string cell_of_config(const nlohmann::json& config) {
  const std::string names = names_in_config(config);
  return names.empty() ? "" : fmt::format("{}-{}", names, config_hash(timed_settings(config)));
}

}  // namespace normlab
