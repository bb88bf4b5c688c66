// A list of every setting that a config may have, for whatever shows or completes settings.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/core/json.h"
#include "normlab/experiment/config/setting_description.h"

namespace normlab {

// How a config becomes settings, and what of it is looked for (config_json.h).
struct SettingSource {
  std::function<Json(const Json& settings)> resolved;
  std::function<std::vector<SettingDescription>(const Json& settings)> described;
};

// Meets the settings of the config that says nothing, and of each in `others`: a named object, a name, and
// what else the config says. A setting is listed once, with all names that it chooses from, its default, and
// whoever has another.
struct NamedConfig {
  std::string object, name;
  Json settings;
};
std::vector<SettingDescription> make_setting_list(const SettingSource& source,
                                                  const std::vector<NamedConfig>& others);

// `text` with the names that the setting chooses from, unless it says them itself.
std::string with_choices(std::string text, const SettingDescription& setting);

}  // namespace normlab
