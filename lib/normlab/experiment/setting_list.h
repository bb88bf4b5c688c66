// Every setting there is, for whatever lists them: options and their help, completion, the man page, the
// tables of docs/experiment-format.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "normlab/experiment/settings_reader.h"

namespace normlab {

// Each setting by its dotted path, with all names that it chooses from for some data set, model, norm,
// optimizer or schedule: "norm" (as the name it stands for), "norm.name", "norm.epsilon", …. In the order of
// the format, each once. Comes from what resolve() looks for, so it is complete by construction.
const std::vector<SettingDescription>& list_settings();

// `text` with the names that the setting chooses from, unless it says them itself.
std::string with_choices(std::string text, const SettingDescription& setting);

// The names that a setting such as "model" or "norm" chooses from; empty for other settings.
const Names& setting_choices(std::string_view path);

// The dotted path of a setting that was named without the object that it is in ("hidden_size"), or as
// elsewhere ("lr"), or "".
std::string setting_within_object(const std::string& name);

}  // namespace normlab
