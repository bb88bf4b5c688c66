#include "normlab/analysis/where.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "normlab/analysis/seed_groups.h"
#include "normlab/analysis/texts.h"
#include "normlab/core/error.h"
#include "normlab/core/text.h"

namespace normlab {
namespace {

using nlohmann::json;

bool any_has(const std::vector<RunRecord>& runs, const std::string& setting) {
  return std::ranges::any_of(runs, [&](const RunRecord& run) {
    return setting == "seed" || setting_at(*run.settings, setting) != nullptr;
  });
}

bool is_kept(const RunRecord& run, const SettingFilter& filter) {
  const json value = value_in_run(run, filter.setting);
  return std::ranges::any_of(filter.values, [&](const json& one) { return is_same_value(one, value); });
}

void require_values(const std::vector<RunRecord>& runs, const SettingFilter& filter) {
  std::set<json> found;
  for (const RunRecord& run : runs) found.insert(value_in_run(run, filter.setting));
  for (const json& wanted : filter.values) {
    const auto same = [&](const json& value) { return is_same_value(wanted, value); };
    if (std::ranges::any_of(found, same)) continue;
    std::vector<std::string> texts;
    texts.reserve(found.size());
    for (const json& value : found) texts.push_back(shortened(setting_text(value)));
    refuse("where", quotation(filter.setting + "=" + setting_text(wanted)),
           fmt::format("a value that runs have is: one of {}", fmt::join(texts, ", ")));
  }
}

}  // namespace

json value_in_run(const RunRecord& run, const std::string& setting) {
  if (setting == "seed") return run.seed;
  const json* value = setting_at(*run.settings, setting);
  return value == nullptr ? json() : *value;
}

std::string recorded_setting(const std::vector<RunRecord>& runs, const std::string& setting,
                             std::string_view field) {
  for (const std::string& name : {setting, setting + ".name"}) {
    if (any_has(runs, name)) return name;
  }
  std::vector<std::string> known{"model", "norm", "batch_size", "seed"};
  for (const std::string& column : find_varying_settings(runs).columns) known.push_back(shortened(column));
  refuse(
      field, quotation(setting),
      fmt::format("a setting of the runs is: {}, or one that they have in common", fmt::join(known, ", ")));
}

void keep_where(SweepRecords& sweep, const std::vector<SettingFilter>& filters) {
  if (filters.empty()) return;
  std::vector<SettingFilter> resolved = filters;
  for (SettingFilter& filter : resolved) {
    filter.setting = recorded_setting(sweep.runs, filter.setting, "where");
    require_values(sweep.runs, filter);
  }
  const auto is_left_out = [&](const RunRecord& run) {
    return std::ranges::any_of(resolved, [&](const SettingFilter& filter) { return !is_kept(run, filter); });
  };
  std::set<std::string> left_out;
  for (const RunRecord& run : sweep.runs) {
    if (is_left_out(run)) left_out.insert(run.id);
  }
  std::erase_if(sweep.runs, is_left_out);
  std::erase_if(sweep.expected, [&](const std::string& id) { return left_out.contains(id); });
  if (sweep.runs.empty())
    refuse("where", "the conditions together", "conditions that at least one run meets are");
}

}  // namespace normlab
