#include "simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <limits>

#include "normlab/core/parallel.h"
#include "normlab/core/random.h"
#include "normlab/statistics/awaited_time.h"
#include "normlab/statistics/bootstrap.h"
#include "normlab/statistics/permutation.h"

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

// A time whose logarithm this is.
AwaitedTime time_within(double logarithm, double log_end, bool diverges) {
  const double end = std::isinf(log_end) ? 0 : std::exp(log_end);
  if (diverges) return {.observation = {}, .never = true, .end = end};
  return {.observation = {.time = std::exp(std::min(logarithm, log_end)), .event = logarithm <= log_end},
          .never = false,
          .end = end};
}

Experiment experiment(const Case& simulated, Index number) {
  Random random(static_cast<std::uint64_t>(number), hash_name(name(simulated)));
  const double end = log_horizon(simulated), correlation = simulated.pairing == Pairing::paired ? 0.5 : 0;
  const auto diverges = [&] { return simulated.diverged > 0 && random.uniform() < simulated.diverged; };
  std::array<std::vector<AwaitedTime>, 2> times;
  for (auto& group : times) group.reserve(static_cast<std::size_t>(simulated.seeds));
  for (Index seed = 0; seed < simulated.seeds; ++seed) {
    const double common = std::sqrt(correlation) * random.normal(), own = std::sqrt(1 - correlation);
    const double first = simulated.deviation * (common + own * random.normal());
    const double second = simulated.deviation * (common + own * random.normal()) - std::log(simulated.ratio);
    times[0].push_back(time_within(first, end, diverges()));
    times[1].push_back(time_within(second, end, diverges()));
  }
  ComparedTimes compared = compare_times(times);
  return {.first = std::move(compared.groups[0]),
          .second = std::move(compared.groups[1]),
          .horizon = std::isinf(end) ? compared.horizon : std::exp(end)};
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
  const std::string never =
      simulated.diverged > 0 ? fmt::format(", {:.0f} % diverged", 100 * simulated.diverged) : "";
  return fmt::format("{:11} deviation {:.1f}, {:2.0f} % censored, ratio {:.1f}{}{}",
                     simulated.pairing == Pairing::paired ? "paired" : "independent", simulated.deviation,
                     100 * simulated.censored, simulated.ratio, never,
                     simulated.direction == ClaimDirection::within ? ", within" : "");
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
  const double truth = true_ratio(simulated), inverse = 1 / truth;
  const double margin = simulated.direction == ClaimDirection::within ? std::max(truth, inverse) : truth;
  return shares<1>(experiments, [&](Index number) {
    std::vector<Experiment> drawn;
    std::vector<std::optional<Hypothesis>> family;
    drawn.reserve(claims);
    for (Index i = 0; i < claims; ++i) {
      drawn.push_back(experiment(simulated, claims * number + i));
      family.push_back(Hypothesis{drawn.back().groups(simulated.pairing), simulated.direction, margin});
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
