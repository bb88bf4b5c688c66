#include <map>

#include "normlab/analysis/cell_curves.h"
#include "normlab/analysis/texts.h"

namespace normlab {
namespace {

// What groups have in common that are compared: all but the norm and the settings that are numbers.
std::vector<std::string> family_of(const SeedGroup& group, const std::string& target) {
  std::vector<std::string> family{group.model, std::to_string(group.batch_size)};
  for (const nlohmann::json& setting : group.settings) {
    if (!setting.is_number()) family.push_back(setting_text(setting));
  }
  if (group.runs.empty()) return family;
  const Settings& settings = *group.runs.front()->settings;
  family.push_back(target.empty() ? text_setting_at(settings, "target") : target);
  for (const char* path : {"dataset.name", "dataset.path"}) family.push_back(text_setting_at(settings, path));
  return family;
}

std::vector<std::optional<RestrictedTime>> compare_family(
    const std::vector<std::vector<AwaitedTime>>& family) {
  const auto [groups, horizon] = compare_times(family);
  std::vector<std::optional<RestrictedTime>> restricted(family.size());
  for (std::size_t i = 0; i < family.size(); ++i) {
    if (groups[i].empty() || !(horizon > 0)) continue;
    restricted[i] = RestrictedTime{horizon, restricted_mean(kaplan_meier(groups[i]), horizon)};
  }
  return restricted;
}

}  // namespace

std::vector<RestrictedTimes> restricted_times(const std::vector<SeedGroup>& groups,
                                              const std::string& target) {
  std::vector<RestrictedTimes> all(groups.size());
  std::map<std::vector<std::string>, std::vector<std::size_t>> families;
  for (std::size_t i = 0; i < groups.size(); ++i) families[family_of(groups[i], target)].push_back(i);
  for (const auto& [family, members] : families) {
    for (std::size_t which = 0; which < drawn_measures.size(); ++which) {
      std::vector<std::vector<AwaitedTime>> times;
      times.reserve(members.size());
      for (const std::size_t member : members)
        times.push_back(times_to_target(groups[member], drawn_measures[which]).times);
      const auto found = compare_family(times);
      for (std::size_t i = 0; i < members.size(); ++i) all[members[i]][which] = found[i];
    }
  }
  return all;
}

}  // namespace normlab
