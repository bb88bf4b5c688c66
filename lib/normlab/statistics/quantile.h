// Order statistics.
#pragma once

#include <span>

namespace normlab {

// The quantile at `fraction` in [0, 1] of ascending values, by linear interpolation between order statistics
// (definition 7 of Hyndman and Fan 1996, "Sample quantiles in statistical packages"; the default of R and
// NumPy): with the values x_0 … x_(n-1) and h = (n - 1) * fraction, it is x_floor(h) + (h - floor(h)) *
// (x_(floor(h)+1) - x_floor(h)). Infinite when the upper of the two neighbours is infinite and h is not
// whole. Throws std::invalid_argument without values, and for another fraction.
double quantile_of_sorted(std::span<const double> values, double fraction);

}  // namespace normlab
