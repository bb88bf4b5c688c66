#include "normlab/experiment/tune/tuning_cells.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "normlab/core/error.h"
#include "normlab/core/text.h"
#include "normlab/experiment/config/config_json.h"
#include "normlab/experiment/spec/axis_values.h"

namespace normlab {
namespace {

using Values = std::vector<std::pair<std::string, Json>>;

bool is_within(std::string_view path, std::string_view parent) {
  return path == parent ||
         (path.size() > parent.size() && path.starts_with(parent) && path[parent.size()] == '.');
}

void flatten(const std::string& path, const Json& value, Values& leaves) {
  if (!value.is_object()) {
    leaves.emplace_back(path, value);
    return;
  }
  for (const auto& item : value.items()) flatten(path + "." + item.key(), item.value(), leaves);
}

// All that tune.per looks at in a run, without what is searched for.
Values settings_of_cell(const TuneSpec& tune, const SweepRun& run) {
  const Json config = whole_json(run.config);
  Values leaves;
  for (const std::string& path : tune.per) {
    const Json* value = find_setting(config, path);
    if (value == nullptr)
      refuse("tune.per", quotation(path),
             fmt::format("a setting that all runs have is, and {} has none", run.id));
    flatten(path, *value, leaves);
  }
  std::erase_if(leaves, [&](const auto& leaf) {
    return std::any_of(tune.space.begin(), tune.space.end(),
                       [&](const SearchSetting& setting) { return is_within(leaf.first, setting.path); });
  });
  return leaves;
}

std::string key_of(const Values& settings) {
  std::string key;
  for (const auto& [path, value] : settings) key += path + "=" + value_key(value) + ";";
  return key;
}

// Names, and whatever else differs between cells that are called the same.
bool tells_apart(const std::string& path, const std::vector<Values>& cells, const Values& cell,
                 const std::vector<std::string>& per) {
  if (path.ends_with(".name") || std::find(per.begin(), per.end(), path) != per.end()) return true;
  const std::string name_path = path.substr(0, path.find('.')) + ".name";
  const auto value_of = [](const Values& values, const std::string& wanted) {
    const auto found =
        std::find_if(values.begin(), values.end(), [&](const auto& entry) { return entry.first == wanted; });
    return found == values.end() ? Json() : found->second;
  };
  return std::any_of(cells.begin(), cells.end(), [&](const Values& other) {
    return value_of(other, name_path) == value_of(cell, name_path) &&
           value_of(other, path) != value_of(cell, path);
  });
}

// "mlp layer, batch size 32"
std::string name_of_cell(const Values& when) {
  std::vector<std::string> names, rest;
  for (const auto& [path, value] : when) {
    const std::string text = value.is_string() ? value.get<std::string>() : shown(value);
    (path.ends_with(".name") ? names : rest)
        .push_back(path.ends_with(".name") ? text : with_blanks(path) + " " + text);
  }
  std::string name = fmt::format("{}", fmt::join(names, " "));
  for (const std::string& text : rest) name += (name.empty() ? "" : ", ") + text;
  return name;
}

void refuse_overridden(const SweepSpec& spec) {
  for (const Override& override : spec.overrides) {
    for (const auto& [path, value] : override.set) {
      for (const std::string& per : spec.tune->per) {
        if (!is_within(path, per)) continue;
        refuse("tune.per", quotation(per),
               fmt::format("an override sets {}, and a setting of base and grid is", shortened(path)));
      }
    }
  }
}

}  // namespace

std::vector<TuningCell> tuning_cells(const SweepSpec& spec, const std::vector<SweepRun>& runs) {
  const TuneSpec& tune = *spec.tune;
  refuse_overridden(spec);
  std::vector<TuningCell> cells;
  std::vector<Values> settings;
  std::map<std::string, std::size_t> cell_of;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (runs[i].undefined) continue;
    Values values = settings_of_cell(tune, runs[i]);
    const auto [entry, added] = cell_of.try_emplace(key_of(values), cells.size());
    if (added) {
      cells.emplace_back();
      settings.push_back(std::move(values));
    }
    cells[entry->second].runs.push_back(i);
  }
  for (std::size_t i = 0; i < cells.size(); ++i) {
    for (const auto& [path, value] : settings[i]) {
      if (tells_apart(path, settings, settings[i], tune.per)) cells[i].when.emplace_back(path, value);
    }
    cells[i].name = name_of_cell(cells[i].when);
  }
  return cells;
}

}  // namespace normlab
