#include "normlab/statistics/verdict.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "normlab/statistics/holm.h"
#include "normlab/statistics/permutation.h"
#include "normlab/statistics/seeds_needed.h"
#include "normlab/statistics/superiority.h"
#include "normlab/statistics/timed_steps.h"

namespace normlab {
namespace {

bool is_seen_whole(std::span<const Observation> observations, double horizon) {
  return std::ranges::all_of(observations,
                             [&](const Observation& one) { return one.event && one.time <= horizon; });
}

double latest_of(std::span<const Observation> observations) {
  return std::ranges::max(observations, {}, &Observation::time).time;
}

// Whether it is about the durations of steps alone.
bool is_of_steps(const Hypothesis& hypothesis) {
  return hypothesis.groups.first.empty() && hypothesis.groups.second.empty();
}

// The smallest p of the sign test, and the probability with which the range of so many rounds misses.
double smallest_sign_p(std::size_t rounds) {
  return std::exp2(1 - static_cast<double>(rounds));
}

// How often the factor between the durations of two steps may lie beyond the range that the test looks at.
double miss_of_factor(const Hypothesis& hypothesis, double level, std::size_t family) {
  if (hypothesis.step_ratios.empty() || is_of_steps(hypothesis)) return 0;
  return std::max(level / 20 / static_cast<double>(family), smallest_sign_p(hypothesis.step_ratios.size()));
}

double ratio_of_means(const TwoGroups& groups) {
  return restricted_mean(kaplan_meier(groups.first), groups.horizon).mean /
         restricted_mean(kaplan_meier(groups.second), groups.horizon).mean;
}

// What a test found of one margin.
struct MarginTest {
  double p;
  double log_ratio;  // what it looked at, over the margin: which way it rejects
};

MarginTest test_of_groups(const TwoGroups& groups, std::span<const double> step_ratios, double miss) {
  const double log_ratio = std::log(ratio_of_means(groups));
  if (step_ratios.empty()) return {permutation_test(groups, {}).p, log_ratio};
  return {permutation_test_with_scale(groups, median_interval(step_ratios, miss), miss, {}).p, log_ratio};
}

// Of the hypothesis that the first group is distributed as `margin` times the second one.
MarginTest test_of_margin(const Hypothesis& hypothesis, double margin, double miss) {
  const TwoGroups& groups = hypothesis.groups;
  if (is_of_steps(hypothesis)) {
    const double median = median_interval(hypothesis.step_ratios).median;
    return {sign_test(hypothesis.step_ratios, margin), std::log(median / margin)};
  }
  if (margin == 1) return test_of_groups(groups, hypothesis.step_ratios, miss);
  std::vector<Observation> scaled(groups.second.begin(), groups.second.end());
  for (Observation& observation : scaled) observation.time *= margin;
  const bool whole =
      is_seen_whole(groups.first, groups.horizon) && is_seen_whole(groups.second, groups.horizon);
  const double horizon =
      whole ? std::max(latest_of(groups.first), latest_of(scaled)) : groups.horizon * std::min(1.0, margin);
  return test_of_groups({groups.first, scaled, horizon, groups.pairing}, hypothesis.step_ratios, miss);
}

double ratio_of(const Hypothesis& hypothesis) {
  if (is_of_steps(hypothesis)) return median_interval(hypothesis.step_ratios).median;
  return ratio_of_means(hypothesis.groups);
}

// Where the ratio lies, seen from the margins: inside is between those of `within`.
enum class Side { unclear, below, inside, above };

struct ClaimTest {
  double p;
  Side side;  // on which the margins are rejected, where they are
};

// Of a single margin.
ClaimTest on_a_side(const MarginTest& test) {
  return {test.p, test.log_ratio < 0 ? Side::below : test.log_ratio > 0 ? Side::above : Side::unclear};
}

ClaimTest test_of_claim(const Hypothesis& hypothesis, double miss) {
  const double margin = hypothesis.margin;
  if (hypothesis.direction != ClaimDirection::within)
    return on_a_side(test_of_margin(hypothesis, margin, miss));
  const double ratio = ratio_of(hypothesis);
  if (ratio >= margin) return on_a_side(test_of_margin(hypothesis, margin, miss));
  if (ratio <= 1 / margin) return on_a_side(test_of_margin(hypothesis, 1 / margin, miss));
  const MarginTest upper = test_of_margin(hypothesis, margin, miss);
  const MarginTest lower = test_of_margin(hypothesis, 1 / margin, miss);
  const bool is_inside = upper.log_ratio < 0 && lower.log_ratio > 0;
  return {std::max(upper.p, lower.p), is_inside ? Side::inside : Side::unclear};
}

// The part of the ratio's standard error that comes from the durations of steps.
double error_of_steps(const Hypothesis& hypothesis) {
  return hypothesis.step_ratios.empty() ? 0 : ratio_of_rounds(hypothesis.step_ratios).standard_error;
}

RatioInterval ratio_interval(const Hypothesis& hypothesis, double level) {
  if (is_of_steps(hypothesis)) return ratio_of_rounds(hypothesis.step_ratios, level);
  RatioInterval ratio = bootstrap_ratio(hypothesis.groups, {.level = level});
  if (hypothesis.step_ratios.empty()) return ratio;
  const double error = std::hypot(ratio.standard_error, error_of_steps(hypothesis));
  ratio = with_scale(ratio, median_interval(hypothesis.step_ratios, level));
  ratio.standard_error = error;
  return ratio;
}

Side side_of_interval(const RatioInterval& interval, ClaimDirection direction, double margin) {
  const bool within = direction == ClaimDirection::within;
  const double least = within ? 1 / margin : margin;
  if (interval.upper < least) return Side::below;
  if (interval.lower > margin) return Side::above;
  return within && interval.lower > least && interval.upper < margin ? Side::inside : Side::unclear;
}

bool holds_on(Side side, ClaimDirection direction) {
  if (direction == ClaimDirection::within) return side == Side::inside;
  return side == (direction == ClaimDirection::less ? Side::below : Side::above);
}

// On the log scale, to the margin that has to be excluded and is the nearest.
double distance_to_margin(double ratio, ClaimDirection direction, double margin) {
  const double above = std::abs(std::log(ratio / margin));
  return direction == ClaimDirection::within ? std::min(above, std::abs(std::log(ratio * margin))) : above;
}

Index size_of(const Hypothesis& hypothesis) {
  const TwoGroups& groups = hypothesis.groups;
  return static_cast<Index>(is_of_steps(hypothesis) ? hypothesis.step_ratios.size()
                                                    : std::min(groups.first.size(), groups.second.size()));
}

// What the most telling outcome of so many observations a group, or rounds, would have.
double smallest_p(const Hypothesis& hypothesis, Index first, Index second, double miss) {
  if (is_of_steps(hypothesis)) return smallest_sign_p(static_cast<std::size_t>(first));
  return smallest_permutation_p(first, second, hypothesis.groups.pairing, {}) + miss;
}

// The least number of seeds at which some outcome is significant.
Index least_seeds(const Hypothesis& hypothesis, double level, double miss) {
  Index seeds = 2;
  // Beyond 100 arrangements are drawn, and more seeds would show no smaller p.
  while (seeds < 100 && smallest_p(hypothesis, seeds, seeds, miss) > level) ++seeds;
  return seeds;
}

std::optional<Index> seeds_to_decide(const Hypothesis& hypothesis, const RatioInterval& interval,
                                     double level, double miss) {
  const Index now = size_of(hypothesis);
  const double fixed = is_of_steps(hypothesis) ? 0 : error_of_steps(hypothesis);
  const double whole = interval.standard_error;
  const auto needed =
      seeds_needed({.distance = distance_to_margin(interval.ratio, hypothesis.direction, hypothesis.margin),
                    .standard_error = std::sqrt(std::max(0.0, whole * whole - fixed * fixed)),
                    .seeds = now,
                    .level = level,
                    .fixed_error = fixed});
  if (!needed) return std::nullopt;
  return std::max({*needed, now + 1, least_seeds(hypothesis, level, miss)});
}

void check_hypothesis(const Hypothesis& hypothesis) {
  const bool within = hypothesis.direction == ClaimDirection::within;
  if (!(hypothesis.margin > (within ? 1 : 0)) || !std::isfinite(hypothesis.margin))
    throw std::invalid_argument("a margin is a ratio above 0, and above 1 where it holds both ways");
  if (!std::ranges::all_of(hypothesis.step_ratios, [](double ratio) { return ratio > 0; }))
    throw std::invalid_argument("the ratio of two durations is above 0");
  if (!is_of_steps(hypothesis)) check_groups(hypothesis.groups, 2);
}

double superiority_of(const Hypothesis& hypothesis) {
  if (is_of_steps(hypothesis)) return share_below_one(hypothesis.step_ratios);
  const TwoGroups& groups = hypothesis.groups;
  return superiority(kaplan_meier(groups.first), kaplan_meier(groups.second), groups.horizon);
}

Judgement judgement_of(const Hypothesis& hypothesis, const ClaimTest& found, double miss,
                       const HolmTest& test, bool could_decide) {
  Judgement judgement{.verdict = could_decide ? Verdict::undecided : Verdict::underpowered,
                      .level = test.level,
                      .ratio = ratio_interval(hypothesis, test.level),
                      .p = found.p,
                      .adjusted_p = test.adjusted_p,
                      .superiority = superiority_of(hypothesis),
                      .seeds = {}};
  const Side side = side_of_interval(judgement.ratio, hypothesis.direction, hypothesis.margin);
  // Where times are censored, the test of a scaled group sees less of them than the interval.
  if (test.rejected && side != Side::unclear && side == found.side) {
    judgement.verdict = holds_on(side, hypothesis.direction) ? Verdict::supported : Verdict::contradicted;
  } else {
    judgement.seeds = seeds_to_decide(hypothesis, judgement.ratio, test.level, miss);
  }
  return judgement;
}

double smallest_p_of(const Hypothesis& member, double miss) {
  const auto first = is_of_steps(member) ? size_of(member) : static_cast<Index>(member.groups.first.size());
  return std::min(1.0, smallest_p(member, first, static_cast<Index>(member.groups.second.size()), miss));
}

}  // namespace

std::vector<std::optional<Judgement>> judge(std::span<const std::optional<Hypothesis>> family, double level) {
  std::vector<ClaimTest> found;
  std::vector<double> p, smallest, miss;
  found.reserve(family.size());
  p.reserve(family.size());
  smallest.reserve(family.size());
  miss.reserve(family.size());
  for (const auto& member : family) {
    if (member) check_hypothesis(*member);
    miss.push_back(member ? miss_of_factor(*member, level, family.size()) : 0);
    found.push_back(member ? test_of_claim(*member, miss.back()) : ClaimTest{1, Side::unclear});
    p.push_back(found.back().p);
    smallest.push_back(member ? smallest_p_of(*member, miss.back()) : 0);
  }
  const std::vector<HolmTest> tests = holm(p, level), at_best = holm(smallest, level);
  std::vector<std::optional<Judgement>> judgements(family.size());
  for (std::size_t i = 0; i < family.size(); ++i) {
    if (family[i]) judgements[i] = judgement_of(*family[i], found[i], miss[i], tests[i], at_best[i].rejected);
  }
  return judgements;
}

Judgement judge_at(const Hypothesis& hypothesis, double level) {
  const std::optional<Hypothesis> family[] = {hypothesis};
  return *judge(family, level)[0];
}

}  // namespace normlab
