#include "normlab/statistics/quantile.h"

#include <cmath>
#include <stdexcept>

namespace normlab {

double quantile_of_sorted(std::span<const double> values, double fraction) {
  if (values.empty()) throw std::invalid_argument("a quantile needs at least one value");
  if (!(fraction >= 0 && fraction <= 1)) throw std::invalid_argument("a quantile's fraction lies in [0, 1]");
  const double position = static_cast<double>(values.size() - 1) * fraction;
  const auto lower = static_cast<std::size_t>(position);
  const double weight = position - static_cast<double>(lower);
  // On an order statistic the neighbour above has no part in it, even when it is infinite (0 * infinity).
  if (weight == 0) return values[lower];
  if (std::isinf(values[lower + 1])) return values[lower + 1];
  return values[lower] + weight * (values[lower + 1] - values[lower]);
}

}  // namespace normlab
