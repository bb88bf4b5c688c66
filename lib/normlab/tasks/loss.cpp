#include "normlab/tasks/loss.h"

namespace normlab {

void MetricSums::clear() {
  std::fill(values.begin(), values.end(), 0.0);
  count = 0;
}

MetricSums& MetricSums::operator+=(const MetricSums& other) {
  for (std::size_t i = 0; i < values.size(); ++i) values[i] += other.values[i];
  count += other.count;
  return *this;
}

}  // namespace normlab
