#include "normlab/analysis/statistics.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "normlab/statistics/quantile.h"

namespace normlab {
namespace {

std::vector<double> sorted(std::span<const double> values) {
  std::vector<double> result(values.begin(), values.end());
  for (const double value : result) {
    if (std::isnan(value) || value == -not_reached) {
      throw std::invalid_argument("statistics need numbers or not_reached");
    }
  }
  std::sort(result.begin(), result.end());
  return result;
}

// The better of two values becomes the lower one, and a miss stays the worst of all.
double turned_around(double value) {
  return value == not_reached ? not_reached : -value;
}

}  // namespace

double quantile(std::span<const double> values, double fraction) {
  return quantile_of_sorted(sorted(values), fraction);
}

double median(std::span<const double> values) {
  return quantile(values, 0.5);
}

std::optional<Spread> spread(std::span<const double> values, Better better) {
  if (values.empty()) return std::nullopt;
  if (better == Better::higher) {
    std::vector<double> turned(values.begin(), values.end());
    for (double& value : turned) value = turned_around(value);
    const Spread of_turned = *spread(turned);
    return Spread{.minimum = turned_around(of_turned.maximum),
                  .median = turned_around(of_turned.median),
                  .maximum = turned_around(of_turned.minimum),
                  .count = of_turned.count,
                  .missed = of_turned.missed};
  }
  const std::vector<double> ordered = sorted(values);
  Spread result;
  result.minimum = ordered.front();
  result.median = quantile_of_sorted(ordered, 0.5);
  result.maximum = ordered.back();
  result.count = static_cast<Index>(ordered.size());
  result.missed = std::count(ordered.begin(), ordered.end(), not_reached);
  return result;
}

}  // namespace normlab
