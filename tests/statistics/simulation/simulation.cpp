#include "simulation.h"

#include <fmt/format.h>

#include <array>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <limits>

#include "normlab/core/parallel.h"
#include "normlab/core/random.h"
#include "normlab/statistics/bootstrap.h"
#include "normlab/statistics/permutation.h"
#include "normlab/statistics/verdict.h"

namespace normlab::simulation {
namespace {

double cumulative_normal(double z) {
  return boost::math::cdf(boost::math::normal(), z);
}

// Infinite where nothing is censored.
double log_horizon(const Case& simulated) {
  if (simulated.censored == 0) return std::numeric_limits<double>::infinity();
  return simulated.deviation *
         boost::math::quantile(boost::math::complement(boost::math::normal(), simulated.censored));
}

// E min(T, horizon) of log-normal times with this mean of the logarithm.
double expected_time(const Case& simulated, double mean) {
  const double s = simulated.deviation, whole = std::exp(mean + s * s / 2), end = log_horizon(simulated);
  if (std::isinf(end)) return whole;
  return whole * cumulative_normal((end - mean - s * s) / s) +
         std::exp(end) * (1 - cumulative_normal((end - mean) / s));
}

struct Experiment {
  std::vector<Observation> first, second;
  double horizon;

  TwoGroups groups(Pairing pairing) const {
    return {.first = first, .second = second, .horizon = horizon, .pairing = pairing};
  }
};

Experiment experiment(const Case& simulated, Index number) {
  Random random(static_cast<std::uint64_t>(number), hash_name(name(simulated)));
  const double end = log_horizon(simulated), correlation = simulated.pairing == Pairing::paired ? 0.5 : 0;
  Experiment drawn{.first = {}, .second = {}, .horizon = 0};
  drawn.first.reserve(static_cast<std::size_t>(simulated.seeds));
  drawn.second.reserve(static_cast<std::size_t>(simulated.seeds));
  double latest = 0;
  for (Index seed = 0; seed < simulated.seeds; ++seed) {
    const double common = std::sqrt(correlation) * random.normal(), own = std::sqrt(1 - correlation);
    const double first = simulated.deviation * (common + own * random.normal());
    const double second = simulated.deviation * (common + own * random.normal()) - std::log(simulated.ratio);
    drawn.first.push_back({.time = std::exp(std::min(first, end)), .event = first <= end});
    drawn.second.push_back({.time = std::exp(std::min(second, end)), .event = second <= end});
    latest = std::max({latest, drawn.first.back().time, drawn.second.back().time});
  }
  drawn.horizon = std::isinf(end) ? latest : std::exp(end);
  return drawn;
}

// The share of the experiments in which each of the things that count(experiment number) tells of was so.
template <std::size_t size, class Count>
std::array<double, size> shares(Index experiments, const Count& count) {
  std::vector<std::array<bool, size>> found(static_cast<std::size_t>(experiments));
  parallel_for(experiments, 1, [&](Index begin, Index end, int) {
    for (Index i = begin; i < end; ++i) found[static_cast<std::size_t>(i)] = count(i);
  });
  std::array<double, size> result{};
  for (const auto& one : found) {
    for (std::size_t i = 0; i < size; ++i) result[i] += one[i] ? 1.0 / static_cast<double>(experiments) : 0;
  }
  return result;
}

std::vector<Case> grid(const std::vector<double>& censored) {
  std::vector<Case> cases;
  for (const Pairing pairing : {Pairing::independent, Pairing::paired}) {
    for (const double deviation : {0.2, 0.5, 1.0}) {
      for (const double share : censored) {
        for (const double ratio : {1.0, 1.5}) cases.push_back({deviation, share, ratio, pairing});
      }
    }
  }
  return cases;
}

}  // namespace

std::string name(const Case& simulated) {
  return fmt::format("{:11} deviation {:.1f}, {:2.0f} % censored, ratio {:.1f}",
                     simulated.pairing == Pairing::paired ? "paired" : "independent", simulated.deviation,
                     100 * simulated.censored, simulated.ratio);
}

std::vector<Case> promised_cases() {
  return grid({0, 0.2, 0.5});
}

std::vector<Case> cases_beyond() {
  return grid({0.7, 0.8});
}

double true_ratio(const Case& simulated) {
  return expected_time(simulated, 0) / expected_time(simulated, -std::log(simulated.ratio));
}

Coverage coverage(const Case& simulated, Index experiments, Index resamples) {
  const double truth = true_ratio(simulated);
  const auto [below, above] = shares<2>(experiments, [&](Index number) {
    const Experiment drawn = experiment(simulated, number);
    const RatioInterval interval =
        bootstrap_ratio(drawn.groups(simulated.pairing),
                        {.level = 0.05, .resamples = resamples, .seed = static_cast<std::uint64_t>(number)});
    return std::array<bool, 2>{truth<interval.lower, truth> interval.upper};
  });
  return {.covered = 1 - below - above, .below = below, .above = above};
}

double rejected(const Case& simulated, Index experiments, double level) {
  return shares<1>(experiments, [&](Index number) {
    const Experiment drawn = experiment(simulated, number);
    const PermutationTest test = permutation_test(drawn.groups(simulated.pairing), {});
    return std::array<bool, 1>{test.p <= level + 1e-12};
  })[0];
}

double wrong_verdicts(const Case& simulated, Index experiments, double level) {
  constexpr Index claims = 3;
  const double truth = true_ratio(simulated);
  return shares<1>(experiments, [&](Index number) {
    std::vector<Experiment> drawn;
    std::vector<std::optional<Hypothesis>> family;
    drawn.reserve(claims);
    for (Index i = 0; i < claims; ++i) {
      drawn.push_back(experiment(simulated, claims * number + i));
      family.push_back(Hypothesis{drawn.back().groups(simulated.pairing), ClaimDirection::less, truth});
    }
    bool wrong = false;
    for (const auto& judgement : judge(family, level)) {
      wrong =
          wrong || judgement->verdict == Verdict::supported || judgement->verdict == Verdict::contradicted;
    }
    return std::array<bool, 1>{wrong};
  })[0];
}

}  // namespace normlab::simulation
