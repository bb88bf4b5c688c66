#include "normlab/analysis/best.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "normlab/analysis/time_to_target.h"
#include "normlab/records/vocabulary.h"
#include "normlab/tasks/metric.h"

namespace normlab {
namespace {

using nlohmann::json;

constexpr double worst = std::numeric_limits<double>::infinity();

struct Candidate {
  const SeedGroup* group;
  std::vector<AwaitedTime> times;
  double mean = 0;     // of steps to the target, restricted
  double quality = 0;  // lower is better
};

// The mean over the runs that ended; infinite where one of them diverged before its target, or has none.
double score_of(const SeedGroup& group) {
  double sum = 0;
  Index runs = 0;
  for (const RunRecord* run : group.runs) {
    if (!has_ended(*run)) continue;
    const bool is_lost = run->status == status::diverged && !(run->event && run->event->reached);
    if (is_lost || !run->best) return worst;
    sum += run->better == Better::higher ? -*run->best : *run->best;
    ++runs;
  }
  return runs > 0 ? sum / static_cast<double>(runs) : worst;
}

Index count_ended(const SeedGroup& group) {
  return std::ranges::count_if(group.runs, [](const RunRecord* run) { return has_ended(*run); });
}

std::vector<Candidate> candidates_of(const std::vector<const SeedGroup*>& groups) {
  std::vector<Candidate> candidates;
  candidates.reserve(groups.size());
  for (const SeedGroup* group : groups) {
    if (count_ended(*group) == 0) continue;
    candidates.push_back({group, times_to_target(*group, Measure::steps).times, 0, score_of(*group)});
  }
  return candidates;
}

// Leaves all means at 0 where nothing is known of a target.
void find_means(std::vector<Candidate>& candidates) {
  std::vector<std::vector<AwaitedTime>> times;
  times.reserve(candidates.size());
  for (const Candidate& one : candidates) times.push_back(one.times);
  const auto [groups, horizon] = compare_times(times);
  if (!(horizon > 0)) return;
  for (std::size_t i = 0; i < groups.size(); ++i)
    candidates[i].mean = groups[i].empty() ? worst : restricted_mean(kaplan_meier(groups[i]), horizon).mean;
}

bool is_better(const Candidate& a, const Candidate& b) {
  const bool tied = a.mean == b.mean || std::abs(a.mean - b.mean) <= 1e-9 * std::max(a.mean, b.mean);
  return tied ? a.quality < b.quality : a.mean < b.mean;
}

Edge edge_of(const std::vector<Candidate>& candidates, const SeedGroup& chosen, std::size_t place) {
  double least = worst, most = -worst;
  for (const Candidate& one : candidates) {
    const json value = group_values(*one.group)[place];
    if (!value.is_number()) return Edge::none;
    least = std::min(least, value.get<double>());
    most = std::max(most, value.get<double>());
  }
  const double value = group_values(chosen)[place].get<double>();
  if (least == most) return Edge::none;
  return value == least ? Edge::smallest : value == most ? Edge::largest : Edge::none;
}

// Of groups that differ in the settings at these places alone.
BestGroup best_of(const std::vector<const SeedGroup*>& groups, const std::vector<std::size_t>& places) {
  std::vector<Candidate> candidates = candidates_of(groups);
  if (candidates.empty()) return {.group = *groups.front(), .choice = {}};
  find_means(candidates);
  const SeedGroup& best = *std::ranges::min_element(candidates, is_better)->group;
  const Edge edge = places.size() == 1 ? edge_of(candidates, best, places.front()) : Edge::none;
  const bool is_even = std::ranges::all_of(
      candidates, [&](const Candidate& one) { return count_ended(*one.group) == count_ended(best); });
  return {.group = best,
          .choice = {.candidates = static_cast<Index>(candidates.size()), .edge = edge, .is_even = is_even}};
}

}  // namespace

std::vector<BestGroup> keep_best(const std::vector<SeedGroup>& groups,
                                 const std::vector<std::string>& columns,
                                 std::span<const std::string> settings) {
  std::vector<std::size_t> places;
  places.reserve(settings.size());
  for (const std::string& setting : settings) places.push_back(place_of_setting(setting, columns, "best"));
  std::map<std::vector<json>, std::size_t> place_of;
  std::vector<std::vector<const SeedGroup*>> alike;
  for (const SeedGroup& group : groups) {
    const auto [found, is_new] = place_of.try_emplace(values_but(group, columns, places), alike.size());
    if (is_new) alike.emplace_back();
    alike[found->second].push_back(&group);
  }
  std::vector<BestGroup> best;
  best.reserve(alike.size());
  for (const auto& candidates : alike) best.push_back(best_of(candidates, places));
  return best;
}

std::vector<std::string> doubts_of_choices(std::span<const std::string> settings,
                                           std::span<const BestChoice> choices) {
  std::vector<std::string> doubts;
  Index fewest = std::numeric_limits<Index>::max(), most = 0, at_edge = 0;
  for (const BestChoice& choice : choices) {
    if (choice.candidates == 0) continue;
    fewest = std::min(fewest, choice.candidates);
    most = std::max(most, choice.candidates);
    at_edge += choice.edge == Edge::none ? 0 : 1;
  }
  const std::string names = fmt::format("{}", fmt::join(settings, ", "));
  if (fewest < most) {
    doubts.push_back(fmt::format(
        "rows had {} to {} values of {} to choose from; those with more had more chances, and do not compare",
        fewest, most, names));
  }
  if (!std::ranges::all_of(choices, &BestChoice::is_even)) {
    doubts.push_back(fmt::format(
        "more runs have ended of some values of {} than of others, so that the best are not known yet",
        names));
  }
  if (at_edge > 0) {
    doubts.push_back(
        fmt::format("the best {} lies at the edge of those that were tried in {} of {} rows: beyond it may "
                    "be a better one",
                    names, at_edge, choices.size()));
  }
  return doubts;
}

}  // namespace normlab
