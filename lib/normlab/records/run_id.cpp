#include "normlab/records/run_id.h"

#include <fmt/format.h>

#include "normlab/core/json.h"
#include "normlab/core/random.h"

namespace normlab {

std::string config_hash(const nlohmann::json& config) {
  const std::uint64_t hash = hash_name(config.dump());
  return fmt::format("{:08x}", static_cast<std::uint32_t>(hash ^ (hash >> 32)));
}

std::string id_of_config(const nlohmann::json& config) {
  const nlohmann::json* model = value_at(config, "model.name");
  const nlohmann::json* norm = value_at(config, "norm.name");
  const nlohmann::json* batch_size = value_at(config, "batch_size");
  const nlohmann::json* seed = value_at(config, "seed");
  const bool complete = model != nullptr && model->is_string() && norm != nullptr && norm->is_string() &&
                        batch_size != nullptr && batch_size->is_number_integer() && seed != nullptr &&
                        seed->is_number_integer();
  if (!complete) return "";
  return fmt::format("{}-{}-b{}-s{}-{}", model->get<std::string>(), norm->get<std::string>(),
                     batch_size->dump(), seed->dump(), config_hash(config));
}

}  // namespace normlab
