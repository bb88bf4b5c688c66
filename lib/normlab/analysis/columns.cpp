#include "normlab/analysis/columns.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "normlab/analysis/where.h"
#include "normlab/core/error.h"
#include "normlab/core/text.h"

namespace normlab {
namespace {

bool differ_in(const SeedGroup& group, const std::string& setting) {
  return std::ranges::any_of(group.runs, [&](const RunRecord* run) {
    return value_in_run(*run, setting) != value_in_run(*group.runs.front(), setting);
  });
}

void add_column(std::vector<std::string>& columns, const std::string& setting) {
  constexpr std::array<std::string_view, 3> always{"model.name", "norm.name", "batch_size"};
  if (std::ranges::find(always, setting) != always.end()) return;
  if (std::ranges::find(columns, setting) == columns.end()) columns.push_back(setting);
}

}  // namespace

VaryingSettings choose_columns(const std::vector<RunRecord>& runs, std::span<const std::string> by,
                               std::span<const std::string> more) {
  VaryingSettings varying = find_varying_settings(runs);
  if (by.empty()) return varying;
  varying.columns.clear();
  for (const std::string& setting : by) {
    if (setting == "seed") refuse("by", quotation(setting), "any setting but the seed is");
    add_column(varying.columns, recorded_setting(runs, setting, "by"));
  }
  for (const std::string& setting : more)
    add_column(varying.columns, recorded_setting(runs, setting, "best"));
  std::erase_if(varying.by_model, [&](const std::string& setting) {
    return std::ranges::find(varying.columns, setting) != varying.columns.end();
  });
  return varying;
}

std::vector<std::string> doubts_of_columns(const std::vector<RunRecord>& runs,
                                           const std::vector<SeedGroup>& groups) {
  std::vector<std::string> mixed;
  for (const std::string& setting : find_varying_settings(runs).columns) {
    const bool any =
        std::ranges::any_of(groups, [&](const auto& group) { return differ_in(group, setting); });
    if (any) mixed.push_back(shortened(setting));
  }
  if (mixed.empty()) return {};
  return {fmt::format("rows put runs together that differ in {}, so that seeds count several times",
                      fmt::join(mixed, ", "))};
}

}  // namespace normlab
