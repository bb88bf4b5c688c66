#include "normlab/statistics/median_interval.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace normlab {
namespace {

// P(B <= k) for k = 0, 1, … of B ~ Binomial(count, 1/2), one after the other.
class HalfBinomial {
 public:
  explicit HalfBinomial(Index count)
      : count_(static_cast<double>(count)), probability_(std::exp2(-count_)), below_(probability_) {}
  double below() const { return below_; }
  void advance() {
    probability_ *= (count_ - k_) / (k_ + 1);
    below_ += probability_;
    ++k_;
  }

 private:
  double count_, probability_, below_, k_ = 0;
};

std::size_t rank_of_interval(Index count, double level) {
  HalfBinomial binomial(count);
  Index k = 0;
  while (k + 1 < count - 1 - k) {
    binomial.advance();
    if (2 * binomial.below() > level) break;
    ++k;
  }
  return static_cast<std::size_t>(k);
}

void require_measurements(std::span<const double> measurements) {
  if (measurements.empty()) throw std::invalid_argument("a median needs a measurement");
  // 2^-n has to be a number.
  if (measurements.size() > 1000) throw std::invalid_argument("a median takes at most 1000 measurements");
}

}  // namespace

MedianInterval median_interval(std::span<const double> measurements, double level) {
  require_measurements(measurements);
  if (!(level > 0 && level < 1)) throw std::invalid_argument("the level of an interval lies in (0, 1)");
  std::vector<double> sorted(measurements.begin(), measurements.end());
  std::ranges::sort(sorted);
  const std::size_t size = sorted.size();
  const std::size_t rank = rank_of_interval(static_cast<Index>(size), level);
  const double median = (sorted[(size - 1) / 2] + sorted[size / 2]) / 2;
  return {median, sorted[rank], sorted[size - 1 - rank], static_cast<Index>(size)};
}

double sign_test(std::span<const double> measurements, double center) {
  require_measurements(measurements);
  const Index below = std::ranges::count_if(measurements, [&](double x) { return x < center; });
  const Index above = std::ranges::count_if(measurements, [&](double x) { return x > center; });
  HalfBinomial binomial(below + above);
  for (Index k = 0; k < std::min(below, above); ++k) binomial.advance();
  return std::min(1.0, 2 * binomial.below());
}

}  // namespace normlab
