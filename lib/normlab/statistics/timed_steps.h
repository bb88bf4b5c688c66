// Times that are a number of steps, which differs from run to run, times the duration of a step, which was
// measured apart. Both are uncertain, independently of each other, and their logarithms add: the distances of
// an interval's end from the estimate are added in square on the log scale (Zou & Donner 2008, "Construction
// of confidence limits about effect measures", the method of variance estimates recovery; of symmetric
// intervals it is the sum of the variances).
#pragma once

#include <optional>
#include <span>

#include "normlab/statistics/bootstrap.h"
#include "normlab/statistics/censored.h"
#include "normlab/statistics/median_interval.h"
#include "normlab/statistics/permutation.h"

namespace normlab {

// The ratio of two durations that were measured round after round: its median over the rounds with the
// interval of median_interval() at `level`; the standard error is that of an interval at 95 %, which is about
// four of them wide. Throws as median_interval().
RatioInterval ratio_of_rounds(std::span<const double> ratios, double level = 0.05);

// The share of these ratios that are below 1, those that are 1 as half; there is at least one.
double share_below_one(std::span<const double> ratios);

struct TimedMean {
  double mean = 0;              // restricted mean of the steps, times the duration of a step
  double lower = 0, upper = 0;  // both `mean` where a single observation says nothing of its spread
  double horizon = 0;           // of the restricted mean, as a time
  bool censored = false;        // some observation is censored: the mean is that of min(time, horizon)
};

// The mean time of runs that take so many steps, restricted to where the group's curve is known. The steps'
// part of the interval is that of the restricted mean by the delta method, with Greenwood's standard error s:
//   log(mean) +- t(0.975; n - 1) sqrt(n / (n - 1)) s / mean,
// and that of the step is `step` at 95 % as well. Nothing when no run of the group has its event. Steps and
// `step` are above 0. Throws std::invalid_argument as kaplan_meier().
std::optional<TimedMean> timed_mean(std::span<const Observation> steps, const MedianInterval& step);

// A ratio of mean times whose steps were taken to last as long as `scale`.median says (first group / second),
// with what is not known of that.
RatioInterval with_scale(const RatioInterval& ratio, const MedianInterval& scale);

// permutation_test() where the times of the first group are right up to a common factor, of which is known
// that it lies between scale.lower / scale.median and scale.upper / scale.median but for a probability of
// `miss`: the largest p over these factors, plus `miss` (Berger & Boos 1994, "P values maximized over a
// confidence set for the nuisance parameter"), which keeps P(p <= level) <= level. The largest p is that of
// the factor with which the groups differ least: 1 where they differ either way.
PermutationTest permutation_test_with_scale(const TwoGroups& groups, const MedianInterval& scale, double miss,
                                            const PermutationOptions& options);

}  // namespace normlab
