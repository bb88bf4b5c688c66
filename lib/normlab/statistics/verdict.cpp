#include "normlab/statistics/verdict.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "normlab/statistics/holm.h"
#include "normlab/statistics/permutation.h"
#include "normlab/statistics/seeds_needed.h"
#include "normlab/statistics/superiority.h"

namespace normlab {
namespace {

bool is_seen_whole(std::span<const Observation> observations, double horizon) {
  return std::ranges::all_of(observations,
                             [&](const Observation& one) { return one.event && one.time <= horizon; });
}

double latest_of(std::span<const Observation> observations) {
  return std::ranges::max(observations, {}, &Observation::time).time;
}

// Of the hypothesis that the first group is distributed as `margin` times the second one.
double p_of_margin(const TwoGroups& groups, double margin) {
  if (margin == 1) return permutation_test(groups, {}).p;
  std::vector<Observation> scaled(groups.second.begin(), groups.second.end());
  for (Observation& observation : scaled) observation.time *= margin;
  const bool whole =
      is_seen_whole(groups.first, groups.horizon) && is_seen_whole(groups.second, groups.horizon);
  const double horizon =
      whole ? std::max(latest_of(groups.first), latest_of(scaled)) : groups.horizon * std::min(1.0, margin);
  return permutation_test({groups.first, scaled, horizon, groups.pairing}, {}).p;
}

double ratio_of(const TwoGroups& groups) {
  return restricted_mean(kaplan_meier(groups.first), groups.horizon).mean /
         restricted_mean(kaplan_meier(groups.second), groups.horizon).mean;
}

double p_of(const Hypothesis& hypothesis) {
  const TwoGroups& groups = hypothesis.groups;
  const double margin = hypothesis.margin;
  if (hypothesis.direction != ClaimDirection::within) return p_of_margin(groups, margin);
  const double ratio = ratio_of(groups);
  if (ratio >= margin) return p_of_margin(groups, margin);
  if (ratio <= 1 / margin) return p_of_margin(groups, 1 / margin);
  return std::max(p_of_margin(groups, margin), p_of_margin(groups, 1 / margin));
}

// Where an interval lies; nothing where it lies on a margin.
std::optional<Verdict> verdict_of_interval(const RatioInterval& interval, ClaimDirection direction,
                                           double margin) {
  const double below = direction == ClaimDirection::within ? 1 / margin : margin;
  const bool is_below = interval.upper < below;
  const bool is_above = interval.lower > margin;
  const bool is_inside = interval.lower > below && interval.upper < margin;
  const auto verdict = [](bool holds) { return holds ? Verdict::supported : Verdict::contradicted; };
  if (direction == ClaimDirection::within) {
    if (is_inside || is_below || is_above) return verdict(is_inside);
    return std::nullopt;
  }
  if (is_below || is_above) return verdict(is_below == (direction == ClaimDirection::less));
  return std::nullopt;
}

// On the log scale, to the margin that has to be excluded and is the nearest.
double distance_to_margin(double ratio, ClaimDirection direction, double margin) {
  const double above = std::abs(std::log(ratio / margin));
  return direction == ClaimDirection::within ? std::min(above, std::abs(std::log(ratio * margin))) : above;
}

Index smaller_size(const TwoGroups& groups) {
  return static_cast<Index>(std::min(groups.first.size(), groups.second.size()));
}

// The least number of seeds at which some outcome is significant.
Index least_seeds(Pairing pairing, double level) {
  Index seeds = 2;
  // Beyond 100 arrangements are drawn, and more seeds would show no smaller p.
  while (seeds < 100 && smallest_permutation_p(seeds, seeds, pairing, {}) > level) ++seeds;
  return seeds;
}

std::optional<Index> seeds_to_decide(const Hypothesis& hypothesis, const RatioInterval& interval,
                                     double level) {
  const TwoGroups& groups = hypothesis.groups;
  const Index now = smaller_size(groups);
  const auto needed =
      seeds_needed({.distance = distance_to_margin(interval.ratio, hypothesis.direction, hypothesis.margin),
                    .standard_error = interval.standard_error,
                    .seeds = now,
                    .level = level});
  if (!needed) return std::nullopt;
  return std::max({*needed, now + 1, least_seeds(groups.pairing, level)});
}

void check_hypothesis(const Hypothesis& hypothesis) {
  const bool within = hypothesis.direction == ClaimDirection::within;
  if (!(hypothesis.margin > (within ? 1 : 0)) || !std::isfinite(hypothesis.margin))
    throw std::invalid_argument("a margin is a ratio above 0, and above 1 where it holds both ways");
  check_groups(hypothesis.groups, 2);
}

Judgement judgement_of(const Hypothesis& hypothesis, double p, const HolmTest& test, bool could_decide) {
  const TwoGroups& groups = hypothesis.groups;
  Judgement judgement{
      .verdict = could_decide ? Verdict::undecided : Verdict::underpowered,
      .level = test.level,
      .ratio = bootstrap_ratio(groups, {.level = test.level}),
      .p = p,
      .adjusted_p = test.adjusted_p,
      .superiority = superiority(kaplan_meier(groups.first), kaplan_meier(groups.second), groups.horizon),
      .seeds = {}};
  const auto found = verdict_of_interval(judgement.ratio, hypothesis.direction, hypothesis.margin);
  if (test.rejected && found) {
    judgement.verdict = *found;
  } else {
    judgement.seeds = seeds_to_decide(hypothesis, judgement.ratio, test.level);
  }
  return judgement;
}

// For the family as it is, and as the most telling outcome would make it.
double smallest_p_of(const std::optional<Hypothesis>& member) {
  if (!member) return 0;
  const TwoGroups& groups = member->groups;
  return smallest_permutation_p(static_cast<Index>(groups.first.size()),
                                static_cast<Index>(groups.second.size()), groups.pairing, {});
}

}  // namespace

std::vector<std::optional<Judgement>> judge(std::span<const std::optional<Hypothesis>> family, double level) {
  std::vector<double> p, smallest;
  p.reserve(family.size());
  smallest.reserve(family.size());
  for (const auto& member : family) {
    if (member) check_hypothesis(*member);
    p.push_back(member ? p_of(*member) : 1);
    smallest.push_back(smallest_p_of(member));
  }
  const std::vector<HolmTest> tests = holm(p, level), at_best = holm(smallest, level);
  std::vector<std::optional<Judgement>> judgements(family.size());
  for (std::size_t i = 0; i < family.size(); ++i) {
    if (family[i]) judgements[i] = judgement_of(*family[i], p[i], tests[i], at_best[i].rejected);
  }
  return judgements;
}

Judgement judge_at(const Hypothesis& hypothesis, double level) {
  const std::optional<Hypothesis> family[] = {hypothesis};
  return *judge(family, level)[0];
}

}  // namespace normlab
