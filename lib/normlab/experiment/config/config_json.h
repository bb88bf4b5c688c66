// A run's settings as JSON (docs/experiment-format.md).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "normlab/experiment/config/json.h"
#include "normlab/experiment/config/setting_description.h"
#include "normlab/train/run_config.h"

namespace normlab {

// Reads settings strictly: an unknown key, a wrong type or a value out of range is a RequestError that names
// the setting by its dotted path. Shorthands and presets are resolved, and what is not said takes its
// default. Looks at no data file.
RunConfig resolve(const Json& settings);

// Every setting that has a meaning for the chosen dataset, model, norm, optimizer and schedule, and no other:
// resolve(to_json(c)) equals c in all of them.
Json to_json(const RunConfig& config);

// The same with the young settings (settings/setting.h) that to_json() leaves out.
Json whole_json(const RunConfig& config);

// "mlp-layer-b4-s1-9f2c1a7e": the id of the run, which its record has (records/run_id.h).
std::string run_id(const RunConfig& config);

// What resolve(settings) looks for, said or not, in the order of the format, each as this config has it.
// Throws what resolve() throws, but for what is unknown.
std::vector<SettingDescription> settings_of(const Json& settings);

// What `settings` says that resolve() would refuse as unknown, by dotted paths. Throws what resolve() throws
// for other reasons.
Names unknown_settings(const Json& settings);

// Each setting by its dotted path, with all names that it chooses from for some data set, model, norm,
// optimizer or schedule: "norm" (as the name it stands for), "norm.name", "norm.epsilon", …. In the order of
// the format, each once. Comes from what resolve() looks for, so it is complete by construction.
const std::vector<SettingDescription>& list_settings();

// The names that a setting such as "model" or "norm" chooses from; empty for other settings.
const Names& setting_choices(std::string_view path);

// The dotted path of a setting that was named without the object that it is in ("hidden_size"), or as
// elsewhere ("lr"), or "".
std::string setting_within_object(const std::string& name);

}  // namespace normlab
