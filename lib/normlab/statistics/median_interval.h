// How sure the median of repeated measurements is, whatever their distribution.
#pragma once

#include <span>

#include "normlab/core/tensor.h"

namespace normlab {

struct MedianInterval {
  double median = 0, lower = 0, upper = 0;
  Index count = 0;  // of measurements
};

// The median, and the order statistics x_(k+1) and x_(n-k), counted from 1, between which the true median
// lies with a probability of at least 1 - level: for the largest k with 2 P(B <= k) <= level, where B, the
// number of measurements below the true median, is Binomial(n, 1/2) (Conover 1999, "Practical Nonparametric
// Statistics", section 3.2). It assumes nothing but independent measurements of one median. Where n is too
// small for any k (below six at the usual level), the range. The measurements are finite; throws
// std::invalid_argument for none or more than 1000 of them, and for a level outside of (0, 1).
MedianInterval median_interval(std::span<const double> measurements, double level = 0.05);

// The two-sided exact p of "the median is `center`": 2 P(B <= min(below, above)), at most 1, of those that do
// not equal it (Dixon & Mood 1946, "The statistical sign test"); 1 when all do. At most `level` exactly when
// an interval at that level leaves `center` out, where none equals it. Throws as median_interval().
double sign_test(std::span<const double> measurements, double center);

}  // namespace normlab
