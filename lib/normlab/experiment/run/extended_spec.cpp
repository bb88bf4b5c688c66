#include "normlab/experiment/run/extended_spec.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "normlab/core/error.h"
#include "normlab/core/text.h"
#include "normlab/experiment/config/config_json.h"
#include "normlab/experiment/run/run_store_checks.h"
#include "normlab/experiment/run/sweep_folder.h"
#include "normlab/experiment/spec/axis_values.h"

namespace normlab {
namespace {

using Values = std::vector<Json>;

bool has_value(const Values& values, const Json& value) {
  return std::any_of(values.begin(), values.end(),
                     [&](const Json& other) { return value_key(other) == value_key(value); });
}

// In the order of `more` where that has all of them.
Values united(const Values& there, const Values& more) {
  const bool all =
      std::all_of(there.begin(), there.end(), [&](const Json& value) { return has_value(more, value); });
  if (all) return more;
  Values values = there;
  for (const Json& value : more) {
    if (!has_value(values, value)) values.push_back(value);
  }
  return values;
}

// Those of the folder, and behind them what is only asked for: what was tuned for the new runs.
std::vector<Override> united(const std::vector<Override>& there, const std::vector<Override>& more) {
  std::vector<Override> overrides = there;
  for (const Override& override : more) {
    const auto same = [&](const Override& other) {
      return other.when == override.when && other.set == override.set;
    };
    if (std::none_of(there.begin(), there.end(), same)) overrides.push_back(override);
  }
  return overrides;
}

const Axis* find_axis(const SweepSpec& spec, const std::string& path) {
  const auto found =
      std::find_if(spec.grid.begin(), spec.grid.end(), [&](const Axis& axis) { return axis.path == path; });
  return found == spec.grid.end() ? nullptr : &*found;
}

// What a setting that is no axis of a spec is in its base, or else in its runs, where they agree.
Values single_value(const SweepSpec& spec, const std::vector<SweepRun>& runs, const std::string& path) {
  if (const Json* value = find_setting(spec.base, path)) return {*value};
  Values values;
  for (const SweepRun& run : runs) {
    const Json config = whole_json(run.config);
    const Json* value = find_setting(config, path);
    if (value == nullptr) return {};
    if (!has_value(values, *value)) values.push_back(*value);
    if (values.size() > 1) return {};
  }
  return values;
}

// The base of `asked` may say one value of what is an axis in the folder; the axis says it now, over what the
// folder's base says.
void take_from_base(SweepSpec& asked, const SweepSpec& there, const std::string& path) {
  if (find_setting(asked.base, path) == nullptr) return;
  remove_setting(asked.base, path);
  if (const Json* value = find_setting(there.base, path)) set_setting(asked.base, path, *value);
}

std::unordered_set<std::string> ids_of(const std::vector<SweepRun>& runs) {
  std::unordered_set<std::string> ids;
  for (const SweepRun& run : runs) ids.insert(run.id);
  return ids;
}

SweepSpec spec_in(const std::filesystem::path& folder) {
  if (!holds_sweep_file(folder)) {
    refuse("extend", quotation(folder.string()),
           "a folder with the sweep.json of a sweep, to which runs are added, is");
  }
  return load_sweep_spec(folder / "sweep.json");
}

void add_seeds(std::vector<std::uint64_t>& seeds, const std::vector<std::uint64_t>& more) {
  for (const std::uint64_t seed : more) {
    if (std::find(seeds.begin(), seeds.end(), seed) == seeds.end()) seeds.push_back(seed);
  }
}

std::vector<Axis> united_grid(const SweepSpec& there, const SweepSpec& asked,
                              const std::vector<SweepRun>& runs_there,
                              const std::vector<SweepRun>& runs_asked) {
  std::vector<Axis> grid;
  for (const Axis& axis : there.grid) {
    const Axis* more = find_axis(asked, axis.path);
    grid.push_back(
        {axis.path,
         united(axis.values, more != nullptr ? more->values : single_value(asked, runs_asked, axis.path))});
  }
  for (const Axis& axis : asked.grid) {
    if (find_axis(there, axis.path) == nullptr)
      grid.push_back({axis.path, united(single_value(there, runs_there, axis.path), axis.values)});
  }
  return grid;
}

// `there` is that of the folder.
SweepSpec united_spec(const std::filesystem::path& folder, const SweepSpec& there, const SweepSpec& asked,
                      std::uint64_t max_runs) {
  const std::vector<SweepRun> runs_there = expand(there, max_runs), runs_asked = expand(asked, max_runs);
  SweepSpec spec = asked;
  spec.grid = united_grid(there, asked, runs_there, runs_asked);
  for (const Axis& axis : there.grid) take_from_base(spec, there, axis.path);
  add_seeds(spec.tuned_on, there.tuned_on);
  spec.overrides = united(there.overrides, asked.overrides);
  const std::unordered_set<std::string> ids = ids_of(expand(spec, max_runs));
  const bool keeps = std::all_of(runs_there.begin(), runs_there.end(),
                                 [&](const SweepRun& run) { return ids.contains(run.id); });
  const bool has_all = std::all_of(runs_asked.begin(), runs_asked.end(),
                                   [&](const SweepRun& run) { return ids.contains(run.id); });
  if (!keeps || !has_all) {
    refuse("extend", quotation(folder.string()),
           fmt::format("its runs differ from those asked for in more than the values of axes ({})",
                       first_difference(to_json(there), to_json(spec))));
  }
  return spec;
}

std::set<std::string> names_of_settings(const std::vector<std::pair<std::string, Json>>& settings) {
  std::set<std::string> names;
  for (const auto& [path, value] : settings) names.insert(path);
  return names;
}

}  // namespace

SweepSpec extended_spec(const std::filesystem::path& folder, const SweepSpec& asked, std::uint64_t max_runs) {
  return united_spec(folder, spec_in(folder), asked, max_runs);
}

void require_extensible(const std::filesystem::path& folder, const SweepSpec& asked, std::uint64_t max_runs) {
  SweepSpec there = spec_in(folder), wanted = asked;
  const std::set<std::string> chosen(there.chosen.begin(), there.chosen.end());
  std::set<std::string> searched;
  for (const SearchSetting& setting : asked.tune->space) searched.insert(setting.path);
  if (chosen != searched) {
    refuse("extend", quotation(folder.string()),
           fmt::format("a folder whose runs were tuned in {} is", fmt::join(searched, ", ")));
  }
  // What the folder has beyond its user's own overrides was chosen.
  std::erase_if(there.overrides, [&](const Override& override) {
    const bool own = std::any_of(asked.overrides.begin(), asked.overrides.end(), [&](const Override& other) {
      return other.when == override.when && other.set == override.set;
    });
    return !own && names_of_settings(override.set) == chosen;
  });
  wanted.tune.reset();
  united_spec(folder, there, wanted, max_runs);
}

}  // namespace normlab
