#include "normlab/experiment/spec/shell_changes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "normlab/core/text.h"
#include "normlab/experiment/config/config_json.h"
#include "normlab/experiment/spec/axis_values.h"

namespace normlab {
namespace {

bool is_at_or_below(std::string_view path, std::string_view parent) {
  return path == parent || (path.size() > parent.size() && path.substr(0, parent.size()) == parent &&
                            path[parent.size()] == '.');
}

// The name that a value of a named object says, with the path of a data set: "text:FILE".
std::string name_in(const Json& value) {
  const Json* name = value.is_object() ? find_setting(value, "name") : &value;
  const Json* path = value.is_object() ? find_setting(value, "path") : nullptr;
  if (name == nullptr || !name->is_string()) return "";
  const auto text = name->get<std::string>();
  return path != nullptr && path->is_string() ? text + ":" + path->get<std::string>() : text;
}

// A name that is on the axis already stands for the entries that have it, with all that they say.
std::vector<Json> with_known_settings(const Axis& axis, const std::vector<Json>& values) {
  std::vector<Json> all;
  for (const Json& value : values) {
    const std::size_t before = all.size();
    for (const Json& entry : axis.values) {
      if (value.is_string() && name_in(entry) == value.get<std::string>()) all.push_back(entry);
    }
    if (all.size() == before) all.push_back(value);
  }
  return all;
}

// "norm = none, layer"
std::string change_text(const ShellSetting& setting) {
  constexpr std::size_t most_values = 8;
  std::vector<std::string> values;
  for (const Json& value : setting.values) {
    if (values.size() == most_values) {
      values.push_back(fmt::format("… ({} values)", setting.values.size()));
      break;
    }
    values.push_back(value.is_string() ? shortened(value.get<std::string>()) : shown(value));
  }
  return fmt::format("{} = {}", setting.path, fmt::join(values, ", "));
}

// Whether the setting chooses among the names that base and grid have for its object; it may add others.
bool chooses_known(const SweepSpec& spec, const ShellSetting& setting) {
  if (!is_named_object(setting.path)) return false;
  std::vector<std::string> names;
  if (const Json* base = find_setting(spec.base, setting.path)) names.push_back(name_in(*base));
  for (const Axis& axis : spec.grid) {
    if (axis.path != setting.path) continue;
    for (const Json& entry : axis.values) names.push_back(name_in(entry));
  }
  return std::any_of(setting.values.begin(), setting.values.end(), [&](const Json& value) {
    return value.is_string() &&
           std::find(names.begin(), names.end(), value.get<std::string>()) != names.end();
  });
}

// What overrides say of a setting that the shell has set no longer counts; within an object that the shell
// has only chosen, it does.
void remove_overridden(SweepSpec& spec, const ShellSetting& setting, bool chosen) {
  for (Override& override : spec.overrides) {
    std::erase_if(override.set, [&](const auto& entry) {
      if (chosen) return entry.first == setting.path || entry.first == setting.path + ".name";
      return is_at_or_below(entry.first, setting.path);
    });
  }
  std::erase_if(spec.overrides, [](const Override& override) { return override.set.empty(); });
}

}  // namespace

void apply_shell_setting(SweepSpec& spec, const ShellSetting& setting) {
  const std::string field = "set " + setting.path;
  std::vector<Json> values = without_ranges(setting.path, field, setting.values);
  require_values(field, values);
  const bool chosen = chooses_known(spec, setting);
  const auto axis = std::find_if(spec.grid.begin(), spec.grid.end(),
                                 [&](const Axis& candidate) { return candidate.path == setting.path; });
  if (axis != spec.grid.end() && is_named_object(setting.path)) values = with_known_settings(*axis, values);
  if (values.size() > 1 && axis != spec.grid.end()) {
    axis->values = values;
  } else if (values.size() > 1) {
    spec.grid.push_back({setting.path, values});
  } else {
    if (axis != spec.grid.end()) spec.grid.erase(axis);
    set_setting(spec.base, setting.path, values[0]);
  }
  remove_overridden(spec, setting, chosen);
}

void apply_shell_settings(SweepSpec& spec, const std::vector<ShellSetting>& settings) {
  std::vector<std::string> changes;
  for (const ShellSetting& setting : settings) {
    const Json before = to_json(spec);
    apply_shell_setting(spec, setting);
    if (to_json(spec) != before) changes.push_back(change_text(setting));
  }
  if (changes.empty()) return;
  const std::string note = fmt::format("(changed: {})", fmt::join(changes, "; "));
  spec.description += spec.description.empty() ? note : " " + note;
}

bool lists_values(std::string_view path, std::string_view text) {
  if (takes_ranges(path) && parse_range(text)) return true;
  static constexpr std::string_view free_texts[] = {"target", "initial_parameters", "dataset.path"};
  const bool is_free = std::find(std::begin(free_texts), std::end(free_texts), path) != std::end(free_texts);
  if (is_free || text.find(',') == std::string_view::npos) return false;
  const std::vector<std::string>& names = setting_choices(path);
  if (names.empty()) return true;
  // The path of a data set may have commas, too; a list has a name between its own.
  const std::string between_commas = fmt::format(",{},", text);
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return between_commas.find(fmt::format(",{},", name)) != std::string::npos;
  });
}

}  // namespace normlab
