#include "normlab/statistics/bootstrap.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "normlab/core/random.h"
#include "normlab/statistics/draws.h"
#include "normlab/statistics/quantile.h"

namespace normlab {
namespace {

void check_bootstrap_options(const BootstrapOptions& options) {
  if (!(options.level >= 1e-4 && options.level < 1)) {
    throw std::invalid_argument("a bootstrap's level lies in [0.0001, 1)");
  }
  if (options.resamples < 1 || options.resamples > 1'000'000) {
    throw std::invalid_argument("a bootstrap takes from 1 to 1,000,000 resamples");
  }
}

// log(mean_1 / mean_2) of every resample, sorted. Resample r begins at a position of its own in the random
// numbers, so that it is the same whoever computes it.
std::vector<double> resampled_log_ratios(const TwoGroups& groups, Index resamples, std::uint64_t seed) {
  const std::size_t first_size = groups.first.size(), second_size = groups.second.size();
  const RestrictedMeans first(groups.first, groups.horizon), second(groups.second, groups.horizon);
  const std::uint64_t stream = hash_name("bootstrap"), draws = first_size + second_size;
  std::vector<int> first_counts(first_size), second_counts(second_size);
  std::vector<double> log_ratios(static_cast<std::size_t>(resamples));
  for (std::size_t resample = 0; resample < log_ratios.size(); ++resample) {
    Random random(seed, stream, resample * draws);
    std::ranges::fill(first_counts, 0);
    for (std::size_t i = 0; i < first_size; ++i) ++first_counts[draw_below(random, first_size)];
    if (groups.pairing == Pairing::paired) {
      second_counts = first_counts;
    } else {
      std::ranges::fill(second_counts, 0);
      for (std::size_t i = 0; i < second_size; ++i) ++second_counts[draw_below(random, second_size)];
    }
    log_ratios[resample] = std::log(first.mean(first_counts) / second.mean(second_counts));
  }
  std::ranges::sort(log_ratios);
  return log_ratios;
}

// Of sorted values. As deviations from the first one, so that equal ones have exactly none.
double standard_deviation(const std::vector<double>& values) {
  const auto size = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (const double value : values) sum += value - values.front();
  const double mean = sum / size;
  for (const double value : values)
    squares += (value - values.front() - mean) * (value - values.front() - mean);
  return std::sqrt(squares / size);
}

struct Summary {
  double mean;
  double relative_variance;  // of the mean, by Greenwood
  double size;
  double least;  // what the logarithm of the mean may lie lower for events that did not show themselves
};

Summary summary(std::span<const Observation> group, double horizon, double level) {
  const SurvivalCurve curve = kaplan_meier(group);
  const RestrictedMean restricted = restricted_mean(curve, horizon);
  const double relative = restricted.standard_error / restricted.mean;
  double least = 0;
  if (curve.steps.empty() || curve.steps.front().time > horizon) {
    const auto still = std::ranges::count_if(
        group, [&](const Observation& observation) { return observation.time >= horizon; });
    least = std::log(level / 2) / static_cast<double>(still);
  }
  return {.mean = restricted.mean,
          .relative_variance = relative * relative,
          .size = static_cast<double>(group.size()),
          .least = least};
}

struct SmallSample {
  double inflation;  // of the standard error: sqrt(n / (n - 1))
  double degrees_of_freedom;
};

SmallSample small_sample(const Summary& first, const Summary& second, Pairing pairing) {
  const double plain = first.relative_variance + second.relative_variance;
  if (pairing == Pairing::paired || plain == 0) {
    const double size = std::min(first.size, second.size);
    return {.inflation = std::sqrt(size / (size - 1)), .degrees_of_freedom = size - 1};
  }
  const double a = first.relative_variance * first.size / (first.size - 1);
  const double b = second.relative_variance * second.size / (second.size - 1);
  return {.inflation = std::sqrt((a + b) / plain),
          .degrees_of_freedom = (a + b) * (a + b) / (a * a / (first.size - 1) + b * b / (second.size - 1))};
}

double stretch(const SmallSample& sample, double level) {
  const boost::math::students_t t(sample.degrees_of_freedom);
  const boost::math::normal normal;
  return sample.inflation * boost::math::quantile(boost::math::complement(t, level / 2)) /
         boost::math::quantile(boost::math::complement(normal, level / 2));
}

}  // namespace

RatioInterval bootstrap_ratio(const TwoGroups& groups, const BootstrapOptions& options) {
  check_groups(groups, 2);
  check_bootstrap_options(options);
  const auto enough = static_cast<Index>(std::ceil(50 / options.level));
  const std::vector<double> thetas =
      resampled_log_ratios(groups, std::max(options.resamples, enough), options.seed);
  const Summary first = summary(groups.first, groups.horizon, options.level);
  const Summary second = summary(groups.second, groups.horizon, options.level);
  const double theta = std::log(first.mean / second.mean);
  const SmallSample sample = small_sample(first, second, groups.pairing);
  const double stretched = stretch(sample, options.level);
  // An end lies on its own side of the estimate, however skewed the resamples are.
  const double below = stretched * std::max(0.0, theta - quantile_of_sorted(thetas, options.level / 2));
  const double above = stretched * std::max(0.0, quantile_of_sorted(thetas, 1 - options.level / 2) - theta);
  return {.ratio = std::exp(theta),
          .lower = std::exp(theta - std::hypot(below, first.least)),
          .upper = std::exp(theta + std::hypot(above, second.least)),
          .standard_error = sample.inflation * standard_deviation(thetas),
          .degenerate = thetas.front() == thetas.back()};
}

}  // namespace normlab
