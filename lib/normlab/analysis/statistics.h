// Order statistics over repeated runs, in which a run that missed its target is infinite.
#pragma once

#include <limits>
#include <optional>
#include <span>

#include "normlab/core/tensor.h"
#include "normlab/tasks/metric.h"

namespace normlab {

// What a run that missed its target took: longer than any number. It sorts last and takes part in every
// median, quantile and range as such, so leaving out the runs that failed never makes a method look faster.
inline constexpr double not_reached = std::numeric_limits<double>::infinity();

// quantile_of_sorted() (statistics/quantile.h) of the values when they are sorted. They may be not_reached,
// never not-a-number or minus infinity; at least one is needed (throws std::invalid_argument otherwise).
double quantile(std::span<const double> values, double fraction);

// The quantile at 1/2: the middle value, or the mean of the two middle ones (infinite when one of them is).
double median(std::span<const double> values);

struct Spread {
  double minimum = 0, median = 0, maximum = 0;  // each may be not_reached; where higher is better, the
                                                // minimum is if any is
  Index count = 0;                              // all values, misses included
  Index missed = 0;                             // how many are not_reached
};

// Median and range; empty when there are no values. A miss is worse than any value: above all, or below all
// where higher is better.
std::optional<Spread> spread(std::span<const double> values, Better better = Better::lower);

}  // namespace normlab
