#include "normlab/experiment/run/record_head.h"

#include "normlab/experiment/config/config_json.h"
#include "normlab/tasks/registry.h"

namespace normlab {

namespace {

// What `whole` has and `written` has not.
Json left_out(const Json& whole, const Json& written) {
  Json rest = Json::object();
  for (const auto& [key, value] : whole.items()) {
    if (!written.contains(key)) {
      rest[key] = value;
    } else if (value.is_object()) {
      Json within = left_out(value, written[key]);
      if (!within.empty()) rest[key] = std::move(within);
    }
  }
  return rest;
}

}  // namespace

RecordHead record_head(const RunConfig& config, const Placement& placement) {
  Json written = to_json(config);
  Json defaults = left_out(whole_json(config), written);
  return {.config = std::move(written),
          .environment = to_json(describe_environment(config.threads, placement)),
          .metrics = task_of(config.dataset).metrics,
          .defaults = std::move(defaults)};
}

}  // namespace normlab
