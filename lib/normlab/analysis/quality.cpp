#include "normlab/analysis/quality.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

#include "normlab/analysis/time_to_target.h"
#include "normlab/records/vocabulary.h"

namespace normlab {
namespace {

std::optional<double> test_value(const RunRecord& run) {
  for (const auto& [name, value] : run.test) {
    if (name == run.test_metric) return value;
  }
  return std::nullopt;
}

// Whether norms may differ in a setting and still be compared: their training is tuned to them.
bool belongs_to_norm(const std::string& path) {
  static constexpr std::array<std::string_view, 5> parts = {"norm.", "optimizer.", "schedule.", "init.",
                                                            "clip_gradient_norm"};
  return std::any_of(parts.begin(), parts.end(),
                     [&](std::string_view part) { return path.starts_with(part); });
}

// What groups have in common whose norms are compared.
using Compared = std::tuple<std::string, Index, std::vector<nlohmann::json>>;

Compared compared_of(const SeedGroup& group, const std::vector<std::string>& columns) {
  std::vector<nlohmann::json> settings;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!belongs_to_norm(columns[i])) settings.push_back(group.settings[i]);
  }
  return {group.model, group.batch_size, std::move(settings)};
}

}  // namespace

Quality quality_of(const SeedGroup& group) {
  std::vector<double> best, last, test;
  const auto add = [](std::vector<double>& values, const std::optional<double>& value) {
    if (value) values.push_back(*value);
  };
  Better better = Better::lower;
  for (const RunRecord* run : group.runs) {
    if (!run->test_metric.empty()) better = run->better;
    if (!has_ended(*run)) continue;
    const bool diverged = run->status == status::diverged;
    const auto or_miss = [&](const std::optional<double>& value) {
      return diverged ? std::optional(not_reached) : value;
    };
    add(best, diverged ? std::optional(run->best.value_or(not_reached)) : run->best);
    add(last, or_miss(run->last));
    add(test, or_miss(test_value(*run)));
  }
  return {spread(best, better), spread(last, better), spread(test, better)};
}

std::vector<bool> tests_that_compare(const std::vector<SeedGroup>& groups,
                                     const std::vector<std::string>& columns) {
  std::map<Compared, std::set<double>> steps;
  for (const SeedGroup& group : groups) {
    std::set<double>& found = steps[compared_of(group, columns)];
    for (const RunRecord* run : group.runs) {
      if (!run->test.empty() && run->to_end && run->to_end->steps) found.insert(*run->to_end->steps);
    }
  }
  std::vector<bool> compare;
  compare.reserve(groups.size());
  for (const SeedGroup& group : groups) compare.push_back(steps[compared_of(group, columns)].size() <= 1);
  return compare;
}

}  // namespace normlab
