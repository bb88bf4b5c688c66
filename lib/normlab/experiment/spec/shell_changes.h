// What the shell changes in a sweep.
#pragma once

#include <string_view>
#include <vector>

#include "normlab/experiment/config/json.h"
#include "normlab/experiment/spec/sweep_spec.h"

namespace normlab {

// "--set KEY=V1,V2" replaces or adds an axis; one value is set in the base, and the axis is gone. Either wins
// over overrides of the same setting. A name that is on the axis of a named object ("model") already stands
// for its entries there, with their settings. RequestError for a value that is listed twice, and for a range
// that is none.
void apply_shell_setting(SweepSpec& spec, const ShellSetting& setting);

// The same for each in turn; the description then says which changed the spec: "(changed: seed = 1, 2)".
void apply_shell_settings(SweepSpec& spec, const std::vector<ShellSetting>& settings);

// Whether `text`, said for one setting of a run, is a list ("none,layer") or a range ("1..3") of values, as
// only a sweep takes them.
bool lists_values(std::string_view path, std::string_view text);

}  // namespace normlab
