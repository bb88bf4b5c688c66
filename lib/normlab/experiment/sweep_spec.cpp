#include "normlab/experiment/sweep_spec.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "normlab/core/error.h"
#include "normlab/core/log.h"
#include "normlab/core/text.h"
#include "normlab/data/registry.h"
#include "normlab/experiment/config_json.h"
#include "normlab/train/trainer.h"

namespace normlab {
namespace {

void refuse_unknown_keys(const Json& object, std::string_view where, const std::vector<std::string>& known) {
  for (const auto& item : object.items()) {
    if (std::find(known.begin(), known.end(), item.key()) == known.end())
      refuse_name(where, item.key(), known);
  }
}

const Json& require_object(const Json& value, std::string_view field) {
  if (!value.is_object()) refuse(field, shown(value), "an object is");
  return value;
}

std::string text_of(const Json& json, const char* key, const std::string& fallback) {
  const auto found = json.find(key);
  if (found == json.end()) return fallback;
  if (!found->is_string()) refuse(key, shown(*found), "text is");
  return found->get<std::string>();
}

void require_file_name(const std::string& name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  });
  if (name.empty() || name[0] == '.' || !plain) {
    refuse("name", fmt::format("\"{}\"", name),
           "letters, digits, '-', '_' and '.' are, the first not being '.'");
  }
}

Json parse_paper(const Json& json) {
  const auto found = json.find("paper");
  if (found == json.end() || found->is_null()) return nullptr;
  refuse_unknown_keys(require_object(*found, "paper"), "paper", {"reference", "section"});
  for (const auto& item : found->items()) {
    if (!item.value().is_string()) refuse("paper." + item.key(), shown(item.value()), "text is");
  }
  return *found;
}

void require_values(const std::string& field, const std::vector<Json>& values) {
  if (values.empty()) refuse(field, "[]", "an axis lists at least one value; this one leaves nothing to run");
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::find(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(i), values[i]) !=
        values.begin() + static_cast<std::ptrdiff_t>(i)) {
      refuse(field, shown(values[i]), "it is listed twice, and each value may be listed once");
    }
  }
}

std::vector<Axis> parse_grid(const Json& json) {
  std::vector<Axis> grid;
  const auto found = json.find("grid");
  if (found == json.end()) return grid;
  for (const auto& item : require_object(*found, "grid").items()) {
    const std::string field = "grid." + item.key();
    if (!item.value().is_array()) refuse(field, shown(item.value()), "a list of values is");
    Axis axis{item.key(), item.value().get<std::vector<Json>>()};
    require_values(field, axis.values);
    grid.push_back(std::move(axis));
  }
  return grid;
}

std::vector<std::pair<std::string, Json>> parse_settings(const Json& json, const std::string& field) {
  std::vector<std::pair<std::string, Json>> settings;
  for (const auto& item : require_object(json, field).items())
    settings.emplace_back(item.key(), item.value());
  if (settings.empty()) refuse(field, "{}", "it names at least one setting");
  return settings;
}

std::vector<Override> parse_overrides(const Json& json) {
  std::vector<Override> overrides;
  const auto found = json.find("overrides");
  if (found == json.end()) return overrides;
  if (!found->is_array())
    refuse("overrides", shown(*found), "a list of {\"when\": {...}, \"set\": {...}} is");
  for (std::size_t i = 0; i < found->size(); ++i) {
    const std::string field = fmt::format("overrides[{}]", i);
    const Json& entry = require_object((*found)[i], field);
    refuse_unknown_keys(entry, field, {"when", "set"});
    for (const char* key : {"when", "set"}) {
      if (!entry.contains(key)) refuse(field, shown(entry), "it has both \"when\" and \"set\"");
    }
    overrides.push_back(
        {parse_settings(entry["when"], field + ".when"), parse_settings(entry["set"], field + ".set")});
  }
  return overrides;
}

std::size_t depth(const std::string& path) {
  return static_cast<std::size_t>(std::count(path.begin(), path.end(), '.'));
}

// The place of an axis in the nesting; smaller varies slower.
int nesting_rank(const std::string& path) {
  static const std::vector<std::string> first{"seed", "model", "norm", "batch_size"};
  return static_cast<int>(std::find(first.begin(), first.end(), path) - first.begin());
}

// Calls visit(settings) for every cell of base and grid, before overrides.
template <class Visit>
void for_each_combination(const SweepSpec& spec, Visit&& visit) {
  std::vector<const Axis*> nested;
  for (const Axis& axis : spec.grid) nested.push_back(&axis);
  std::stable_sort(nested.begin(), nested.end(), [](const Axis* a, const Axis* b) {
    return nesting_rank(a->path) < nesting_rank(b->path);
  });
  // "optimizer" is set before "optimizer.learning_rate", whichever varies faster.
  std::vector<std::size_t> set_order(nested.size());
  for (std::size_t i = 0; i < nested.size(); ++i) set_order[i] = i;
  std::stable_sort(set_order.begin(), set_order.end(), [&](std::size_t a, std::size_t b) {
    return depth(nested[a]->path) < depth(nested[b]->path);
  });
  std::vector<std::size_t> position(nested.size(), 0);
  while (true) {
    Json settings = spec.base;
    for (const std::size_t i : set_order)
      set_setting(settings, nested[i]->path, nested[i]->values[position[i]]);
    visit(settings);
    std::size_t axis = nested.size();
    while (axis > 0 && ++position[axis - 1] == nested[axis - 1]->values.size()) position[--axis] = 0;
    if (axis == 0) return;
  }
}

bool matches(const Json& settings, const Override& override) {
  static const Json defaults = to_json(RunConfig{});
  return std::all_of(override.when.begin(), override.when.end(), [&](const auto& condition) {
    const auto& [path, wanted] = condition;
    const Json* value = find_setting(settings, path);
    if (value == nullptr) value = find_setting(defaults, path);
    if (value == nullptr) return false;
    // "model": "lstm" also holds for {"name": "lstm", …}.
    if (value->is_object() && !wanted.is_object()) value = find_setting(*value, "name");
    if (value == nullptr) return false;
    return *value == wanted ||
           (wanted.is_array() && std::find(wanted.begin(), wanted.end(), *value) != wanted.end());
  });
}

void refuse_idle_overrides(const SweepSpec& spec) {
  std::vector<bool> used(spec.overrides.size(), false);
  for_each_combination(spec, [&](const Json& settings) {
    for (std::size_t i = 0; i < used.size(); ++i) used[i] = used[i] || matches(settings, spec.overrides[i]);
  });
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (used[i]) continue;
    Json when = Json::object();
    for (const auto& [path, value] : spec.overrides[i].when) when[path] = value;
    refuse(fmt::format("overrides[{}].when", i), shown(when),
           "it matches no cell of the grid, and has to match one");
  }
}

bool is_at_or_below(std::string_view path, std::string_view parent) {
  return path == parent || (path.size() > parent.size() && path.substr(0, parent.size()) == parent &&
                            path[parent.size()] == '.');
}

Json overrides_json(const std::vector<Override>& overrides) {
  Json list = Json::array();
  for (const Override& override : overrides) {
    Json when = Json::object(), set = Json::object();
    for (const auto& [path, value] : override.when) when[path] = value;
    for (const auto& [path, value] : override.set) set[path] = value;
    list.push_back({{"when", when}, {"set", set}});
  }
  return list;
}

constexpr const char* sweep_schema = "normlab.sweep/1";

SweepCell make_cell(const SweepSpec& spec, Json settings) {
  // Conditions look at base and grid only, so that the order of overrides matters for nothing but which value
  // wins.
  const Json before = settings;
  for (const Override& override : spec.overrides) {
    if (!matches(before, override)) continue;
    for (const auto& [path, value] : override.set) set_setting(settings, path, value);
  }
  SweepCell cell;
  cell.config = resolve(settings);
  cell.id = run_id(cell.config);
  cell.undefined = undefined_reason(cell.config);
  return cell;
}

}  // namespace

namespace {

Json ids_of(const SweepSpec& spec) {
  Json ids = Json::array();
  for (const SweepCell& cell : expand(spec)) ids.push_back(cell.id);
  return ids;
}

}  // namespace

SweepSpec parse_sweep_spec(const Json& json, const std::string& default_name) {
  refuse_unknown_keys(require_object(json, "spec"), "spec",
                      {"name", "description", "paper", "base", "grid", "overrides"});
  SweepSpec spec;
  spec.name = text_of(json, "name", default_name);
  require_file_name(spec.name);
  spec.description = text_of(json, "description", "");
  spec.paper = parse_paper(json);
  if (!json.contains("base") && !json.contains("grid")) {
    refuse("spec", shown(json), "it lists nothing to run, and needs a \"base\", a \"grid\" or both");
  }
  if (json.contains("base")) spec.base = require_object(json["base"], "base");
  spec.grid = parse_grid(json);
  if (spec.grid.empty() && spec.base.empty()) {
    refuse("grid", "{}",
           "it lists nothing to run, and needs an axis such as \"norm\": [\"none\", \"layer\"]");
  }
  spec.overrides = parse_overrides(json);
  refuse_idle_overrides(spec);
  return spec;
}

SweepSpec load_sweep_spec(const std::filesystem::path& file) {
  Json json = read_json(file, "spec");
  if (!json.is_object() || !json.contains("schema")) return parse_sweep_spec(json, file.stem().string());
  if (json["schema"] != sweep_schema)
    refuse("schema", shown(json["schema"]), fmt::format("\"{}\", or none, is", sweep_schema));
  const Json runs = json.value("runs", Json());
  json.erase("schema");
  json.erase("runs");
  SweepSpec spec = parse_sweep_spec(json, file.stem().string());
  if (runs.is_array() && runs != ids_of(spec)) {
    log_warning(fmt::format("{} lists other runs than its settings make with this version of normlab",
                            shortened(file.string())));
  }
  return spec;
}

void apply_shell_setting(SweepSpec& spec, const ShellSetting& setting) {
  require_values("set " + setting.path, setting.values);
  const auto axis = std::find_if(spec.grid.begin(), spec.grid.end(),
                                 [&](const Axis& candidate) { return candidate.path == setting.path; });
  if (setting.values.size() > 1 && axis != spec.grid.end()) {
    axis->values = setting.values;
  } else if (setting.values.size() > 1) {
    spec.grid.push_back({setting.path, setting.values});
  } else {
    if (axis != spec.grid.end()) spec.grid.erase(axis);
    set_setting(spec.base, setting.path, setting.values[0]);
  }
  for (Override& override : spec.overrides) {
    std::erase_if(override.set, [&](const auto& entry) { return is_at_or_below(entry.first, setting.path); });
  }
  std::erase_if(spec.overrides, [](const Override& override) { return override.set.empty(); });
}

Json to_json(const SweepSpec& spec) {
  Json json{{"schema", sweep_schema}, {"name", spec.name}, {"description", spec.description},
            {"paper", spec.paper},    {"base", spec.base}, {"grid", Json::object()}};
  for (const Axis& axis : spec.grid) json["grid"][axis.path] = axis.values;
  json["overrides"] = overrides_json(spec.overrides);
  return json;
}

std::vector<SweepCell> expand(const SweepSpec& spec) {
  std::vector<SweepCell> cells;
  std::set<std::string> ids;
  for_each_combination(spec, [&](const Json& settings) {
    cells.push_back(make_cell(spec, settings));
    if (!ids.insert(cells.back().id).second) {
      refuse("grid", cells.back().id, "two cells resolve to this one run, and each run may be listed once");
    }
  });
  return cells;
}

void check_cells_against_data(const std::vector<SweepCell>& cells) {
  // Only these settings matter to the check, and of the batch sizes the largest is the one that may not fit.
  std::map<std::string, RunConfig> representatives;
  for (const SweepCell& cell : cells) {
    if (cell.undefined) continue;
    const Json config = to_json(cell.config);
    Json key{config["dataset"], config["target"]};
    if (is_text(cell.config.dataset)) key.push_back(config["model"]);
    if (!cell.config.initial_parameters.empty()) {
      for (const char* setting : {"model", "norm", "initial_parameters"}) key.push_back(config[setting]);
    }
    const auto [entry, added] = representatives.try_emplace(key.dump(), cell.config);
    if (!added && entry->second.batch_size < cell.config.batch_size) entry->second = cell.config;
  }
  for (const auto& [key, config] : representatives) check_against_data(config);
}

}  // namespace normlab
