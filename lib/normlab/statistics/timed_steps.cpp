#include "normlab/statistics/timed_steps.h"

#include <algorithm>
#include <array>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <vector>

namespace normlab {
namespace {

// Of the logarithm of a group's mean, either way.
double distance_of_mean(const RestrictedMean& restricted, std::size_t observations) {
  constexpr double level = 0.05;
  const auto n = static_cast<double>(observations);
  const boost::math::students_t t(n - 1);
  return boost::math::quantile(boost::math::complement(t, level / 2)) * std::sqrt(n / (n - 1)) *
         restricted.standard_error / restricted.mean;
}

// The groups with the times of the first one multiplied by a factor, which its curve may now end before the
// horizon for.
struct ScaledGroups {
  ScaledGroups(const TwoGroups& groups, double factor) : first(groups.first.begin(), groups.first.end()) {
    for (Observation& one : first) one.time *= factor;
    scaled = {first, groups.second, groups.horizon * std::min(1.0, factor), groups.pairing};
  }
  double log_ratio() const {
    return std::log(restricted_mean(kaplan_meier(scaled.first), scaled.horizon).mean /
                    restricted_mean(kaplan_meier(scaled.second), scaled.horizon).mean);
  }
  std::vector<Observation> first;
  TwoGroups scaled = {};
};

}  // namespace

RatioInterval ratio_of_rounds(std::span<const double> ratios, double level) {
  const MedianInterval interval = median_interval(ratios, level), usual = median_interval(ratios);
  return {.ratio = interval.median,
          .lower = interval.lower,
          .upper = interval.upper,
          .standard_error = std::log(usual.upper / usual.lower) / 4,
          .degenerate = interval.lower == interval.upper};
}

double share_below_one(std::span<const double> ratios) {
  const auto below = std::ranges::count_if(ratios, [](double x) { return x < 1; });
  const auto above = std::ranges::count_if(ratios, [](double x) { return x > 1; });
  return 0.5 + 0.5 * static_cast<double>(below - above) / static_cast<double>(ratios.size());
}

std::optional<TimedMean> timed_mean(std::span<const Observation> steps, const MedianInterval& step) {
  const SurvivalCurve curve = kaplan_meier(steps);
  if (curve.steps.empty()) return std::nullopt;
  const double horizon = common_horizon(std::array{curve});
  const RestrictedMean restricted = restricted_mean(curve, horizon);
  TimedMean timed{.mean = restricted.mean * step.median, .horizon = horizon * step.median};
  timed.lower = timed.upper = timed.mean;
  timed.censored = std::ranges::any_of(steps, [](const Observation& one) { return !one.event; });
  if (steps.size() < 2) return timed;
  const double distance = distance_of_mean(restricted, steps.size());
  timed.lower = timed.mean * std::exp(-std::hypot(distance, std::log(step.median / step.lower)));
  timed.upper = timed.mean * std::exp(std::hypot(distance, std::log(step.upper / step.median)));
  return timed;
}

RatioInterval with_scale(const RatioInterval& ratio, const MedianInterval& scale) {
  const double below = std::log(scale.median / scale.lower), above = std::log(scale.upper / scale.median);
  RatioInterval scaled = ratio;
  scaled.lower = ratio.ratio * std::exp(-std::hypot(std::log(ratio.ratio / ratio.lower), below));
  scaled.upper = ratio.ratio * std::exp(std::hypot(std::log(ratio.upper / ratio.ratio), above));
  // An interval at 95 % is about four standard errors wide.
  scaled.standard_error = std::hypot(ratio.standard_error, (below + above) / 4);
  return scaled;
}

PermutationTest permutation_test_with_scale(const TwoGroups& groups, const MedianInterval& scale, double miss,
                                            const PermutationOptions& options) {
  const ScaledGroups shorter(groups, scale.lower / scale.median), longer(groups, scale.upper / scale.median);
  const double low = shorter.log_ratio(), high = longer.log_ratio();
  const ScaledGroups& nearest = std::abs(low) < std::abs(high) ? shorter : longer;
  PermutationTest test = permutation_test(nearest.scaled, options);
  if (low * high <= 0) test.p = 1;
  test.p = std::min(1.0, test.p + miss);
  test.smallest_p = std::min(1.0, test.smallest_p + miss);
  return test;
}

}  // namespace normlab
