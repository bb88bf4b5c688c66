#include "normlab/claims/claim_cells.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "normlab/core/error.h"
#include "normlab/core/text.h"
#include "normlab/experiment/config/config_json.h"
#include "normlab/experiment/spec/axis_values.h"
#include "normlab/tasks/registry.h"

namespace normlab {
namespace {

// Whether one of two paths is the other's, or lies within it.
bool overlap(const std::string& a, const std::string& b) {
  return a == b || a.starts_with(b + ".") || b.starts_with(a + ".");
}

// As tables show it: of an object that has a name, the name; "50×64" of a list of one number.
std::string value_text(const Json& value) {
  const bool is_list = value.is_array() && value.size() > 2;
  if (is_list && std::ranges::adjacent_find(value, std::ranges::not_equal_to()) == value.end())
    return fmt::format("{}×{}", value.size(), shown(value.front()));
  const Json* name = value.is_object() ? find_setting(value, "name") : &value;
  if (name == nullptr) return shown(value);
  return name->is_string() ? name->get<std::string>() : shown(*name);
}

bool has_value(const Json& settings, const std::string& path, const Json& wanted) {
  const Json* value =
      find_setting(settings, is_named_object(path) && wanted.is_string() ? path + ".name" : path);
  return value != nullptr && value_key(*value) == value_key(wanted);
}

bool has_one_of(const Json& settings, const std::string& path, const std::vector<Json>& wanted) {
  return std::ranges::any_of(wanted, [&](const Json& value) { return has_value(settings, path, value); });
}

// A run with all of its settings.
struct SeenSettings {
  const SweepRun* run;
  Json settings;
};

// What the runs have there, for a refusal.
std::string known_values(const std::vector<SeenSettings>& runs, const std::string& path) {
  std::set<std::string> known;
  for (const SeenSettings& run : runs) {
    if (const Json* value = find_setting(run.settings, path)) known.insert(value_text(*value));
  }
  return fmt::format("{}", fmt::join(known, ", "));
}

void require_value_in(const std::vector<SeenSettings>& runs, const std::string& field,
                      const std::string& path, const Json& value) {
  const auto has = [&](const SeenSettings& run) { return has_value(run.settings, path, value); };
  if (std::ranges::any_of(runs, has)) return;
  const std::string known = known_values(runs, path);
  if (known.empty()) refuse(field, quotation(path), "a setting that the experiment's runs have is");
  refuse(field, shown(value), fmt::format("the experiment's runs have {} {}", path, known));
}

// The runs that `where` leaves.
std::vector<SeenSettings> runs_where(const std::vector<SweepRun>& runs, const Where& where) {
  std::vector<SeenSettings> all, left;
  all.reserve(runs.size());
  for (const SweepRun& run : runs) all.push_back({&run, whole_json(run.config)});
  for (const auto& [path, values] : where) {
    for (const Json& value : values) require_value_in(all, "where." + path, path, value);
  }
  for (SeenSettings& run : all) {
    const bool holds = std::ranges::all_of(
        where, [&](const auto& one) { return has_one_of(run.settings, one.first, one.second); });
    if (holds) left.push_back(std::move(run));
  }
  if (left.empty()) refuse("where", "all of it together", "a condition that holds for some run is");
  return left;
}

// Whether what is compared is a setting of the objects of this axis, of which there are several kinds.
bool has_kinds_around(const Axis& axis, const std::string& setting) {
  std::set<std::string> names;
  for (const Json& value : axis.values) names.insert(value_text(value));
  return is_named_object(axis.path) && setting.starts_with(axis.path + ".") && names.size() > 1;
}

// The axes along which runs have to be alike to be compared.
std::vector<std::string> common_axes(const SweepSpec& spec, const ClaimContrast& contrast) {
  std::vector<std::string> axes;
  for (const Axis& axis : spec.grid) {
    if (has_kinds_around(axis, contrast.setting)) axes.push_back(axis.path + ".name");
    const bool varies = axis.values.size() > 1;
    const bool compared = overlap(axis.path, contrast.setting) || axis.path == contrast.over;
    if (varies && axis.path != "seed" && !compared) axes.push_back(axis.path);
  }
  return axes;
}

// Without the setting whose values are counted, which an axis of an object holds as well.
Json without_counted(Json settings, const ClaimContrast& contrast) {
  if (contrast.over.empty()) return settings;
  std::string pointer = "/" + contrast.over;
  std::ranges::replace(pointer, '.', '/');
  settings[Json::json_pointer(pointer)] = nullptr;
  return settings;
}

using CellValues = std::vector<std::string>;

CellValues values_along(const Json& settings, const std::vector<std::string>& axes) {
  CellValues values;
  for (const std::string& axis : axes) {
    const Json* value = find_setting(settings, axis);
    values.push_back(value == nullptr ? "" : value_key(*value));
  }
  return values;
}

// "layer / none, mlp, batch size 4": with the axes along which the experiment's runs differ, so that
// contrasts of one claim are told apart whatever their conditions.
std::string label_of(const ClaimContrast& contrast, const Json& settings,
                     const std::vector<std::string>& axes) {
  std::string label = fmt::format("{} / {}", value_text(contrast.value), value_text(contrast.reference));
  if (!is_named_object(contrast.setting)) label = with_blanks(contrast.setting) + " " + label;
  for (const std::string& axis : axes) {
    const Json* value = find_setting(settings, axis);
    if (value == nullptr) continue;
    label += is_named_object(axis) || axis.ends_with(".name")
                 ? fmt::format(", {}", value_text(*value))
                 : fmt::format(", {} {}", with_blanks(axis), value_text(*value));
  }
  return shortened(label);
}

void sort_by_seed(std::vector<const SweepRun*>& runs, const ClaimContrast& contrast,
                  const std::string& label) {
  const auto seed = [](const SweepRun* run) { return run->config.seed; };
  std::ranges::stable_sort(runs, {}, seed);
  if (!contrast.over.empty() || std::ranges::adjacent_find(runs, {}, seed) == runs.end()) return;
  refuse("where", label,
         fmt::format("several runs of a seed have this {}, and a condition that leaves one of them is",
                     contrast.setting));
}

void require_same_data(const ClaimCell& cell) {
  std::set<std::string> data;
  for (const auto* side : {&cell.first, &cell.second}) {
    for (const SweepRun* run : *side) data.insert(whole_json(run->config)["dataset"].dump());
  }
  if (data.size() > 1)
    refuse("contrast", cell.label,
           "its two sides are trained on different data, and only equal data compare");
}

void require_defined(const ClaimCell& cell) {
  for (const auto* side : {&cell.first, &cell.second}) {
    for (const SweepRun* run : *side) {
      if (run->undefined) refuse("contrast", cell.label, "it has no meaning: " + *run->undefined);
    }
  }
}

// The contrast's own target, and every other pair of a threshold and a number of evaluations.
std::vector<Target> targets_of(const ClaimContrast& contrast, const RunConfig& config) {
  const Target own = parse_target(contrast.target, task_of(config.dataset).metrics);
  std::vector<Target> targets{own};
  std::vector<double> thresholds{own.threshold};
  thresholds.insert(thresholds.end(), contrast.thresholds.begin(), contrast.thresholds.end());
  for (const double threshold : thresholds) {
    for (const Index hold : contrast.holds) {
      Target target = own;
      target.threshold = threshold;
      target.hold = hold;
      const auto is_same = [&](const Target& other) { return other.text() == target.text(); };
      if (std::ranges::none_of(targets, is_same)) targets.push_back(std::move(target));
    }
  }
  return targets;
}

// Whether a run that ends once `stop` is reached has told by then when `asked` was.
bool is_at_least_as_hard(const Target& stop, const Target& asked) {
  const bool lower = asked.metric.better == Better::lower;
  return stop.split == asked.split && stop.metric.name == asked.metric.name && stop.hold >= asked.hold &&
         (lower ? stop.threshold <= asked.threshold : stop.threshold >= asked.threshold);
}

void require_long_enough(const RunConfig& config, const std::vector<Target>& asked) {
  if (!config.target || config.keep_training) return;
  const std::string stop = config.target->text();
  if (asked.empty()) {
    refuse(
        "experiment", stop,
        "its runs end at that target, and a metric compares between runs of one length; \"target\": null or "
        "\"keep_training\": true is");
  }
  for (const Target& target : asked) {
    if (is_at_least_as_hard(*config.target, target)) continue;
    refuse("experiment", stop,
           fmt::format("its runs end at that target, before {} is known; one that is as hard as all that is "
                       "asked, or \"keep_training\": true, is",
                       quotation(target.text())));
  }
}

// Statistics of the start are known however long a run is.
void require_recorded(const RecordedStatistic& statistic, const RunConfig& config) {
  if (const auto reason = why_not_recorded(statistic, config))
    refuse("measure", statistic_text(statistic), *reason);
  if (!statistic.at_start) require_long_enough(config, {});
}

void require_told(const ClaimContrast& contrast, const RunConfig& config,
                  const std::vector<Target>& targets) {
  if (contrast.statistic) return require_recorded(*contrast.statistic, config);
  require_long_enough(config, targets);
}

void check_cell(ClaimCell& cell, const ClaimContrast& contrast) {
  sort_by_seed(cell.first, contrast, cell.label);
  sort_by_seed(cell.second, contrast, cell.label);
  if (cell.first.size() != cell.second.size())
    refuse("where", cell.label, "a condition that leaves both sides of every contrast is");
  require_defined(cell);
  require_same_data(cell);
  for (const auto* side : {&cell.first, &cell.second}) {
    for (const SweepRun* run : *side) {
      const std::vector<Target> targets =
          has_target(contrast.measure) ? targets_of(contrast, run->config) : std::vector<Target>();
      if (contrast.measure != ClaimMeasure::step_time) require_told(contrast, run->config, targets);
      if (!cell.targets.empty()) continue;
      for (const Target& target : targets) cell.targets.push_back(target.text());
    }
  }
}

void require_counted_axis(const SweepSpec& spec, const ClaimContrast& contrast) {
  if (contrast.over.empty()) return;
  const auto axis = std::ranges::find(spec.grid, contrast.over, &Axis::path);
  const bool counts = axis != spec.grid.end() && axis->values.size() > 1 && contrast.over != "seed" &&
                      !overlap(contrast.over, contrast.setting);
  if (counts) return;
  refuse("over", quotation(contrast.over),
         "a setting of which the experiment's grid has several values, and not the one that is compared, is");
}

}  // namespace

Index ClaimCell::seeds() const {
  std::set<std::uint64_t> seeds;
  for (const SweepRun* run : first) seeds.insert(run->config.seed);
  return static_cast<Index>(seeds.size());
}

std::vector<ClaimCell> find_cells(const SweepSpec& spec, const std::vector<SweepRun>& runs,
                                  const ClaimContrast& contrast) {
  const std::vector<SeenSettings> left = runs_where(runs, contrast.where);
  for (const auto& [name, value] : {std::pair("value", &contrast.value), {"reference", &contrast.reference}})
    require_value_in(left, name, contrast.setting, *value);
  require_counted_axis(spec, contrast);
  const std::vector<std::string> axes = common_axes(spec, contrast);
  std::vector<ClaimCell> cells;
  std::map<CellValues, std::size_t> cell_of;
  for (const SeenSettings& run : left) {
    const bool first = has_value(run.settings, contrast.setting, contrast.value);
    if (!first && !has_value(run.settings, contrast.setting, contrast.reference)) continue;
    const CellValues values = values_along(without_counted(run.settings, contrast), axes);
    const auto [place, added] = cell_of.try_emplace(values, cells.size());
    if (added) cells.push_back({.label = label_of(contrast, run.settings, axes)});
    ClaimCell& cell = cells[place->second];
    (first ? cell.first : cell.second).push_back(run.run);
  }
  for (ClaimCell& cell : cells) check_cell(cell, contrast);
  return cells;
}

}  // namespace normlab
