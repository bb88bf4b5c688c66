#include "normlab/statistics/holm.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace normlab {

std::vector<HolmTest> holm(std::span<const double> p, double level) {
  if (!(level > 0 && level < 1)) throw std::invalid_argument("a level lies between 0 and 1");
  for (const double value : p) {
    if (!(value >= 0 && value <= 1)) throw std::invalid_argument("a p value lies in [0, 1]");
  }
  std::vector<std::size_t> by_p(p.size());
  std::iota(by_p.begin(), by_p.end(), std::size_t{0});
  std::ranges::stable_sort(by_p, {}, [&](std::size_t test) { return p[test]; });
  std::vector<HolmTest> tests(p.size());
  double adjusted = 0, last_level = 0;
  bool ended = false;
  for (std::size_t rank = 0; rank < p.size(); ++rank) {
    const auto left = static_cast<double>(p.size() - rank);
    adjusted = std::max(adjusted, std::min(1.0, left * p[by_p[rank]]));
    if (!ended) last_level = level / left;
    ended = p[by_p[rank]] > last_level;  // and then for all that follow, whose p is no smaller
    tests[by_p[rank]] = {.adjusted_p = adjusted, .level = last_level, .rejected = !ended};
  }
  return tests;
}

}  // namespace normlab
