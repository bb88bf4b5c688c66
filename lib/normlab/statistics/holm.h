// Several tests at once.
#pragma once

#include <span>
#include <vector>

namespace normlab {

struct HolmTest {
  double adjusted_p;  // significant at `level` for the family exactly when at most `level`
  double level;       // at which this test was made, and at which its interval is to be made
  bool rejected;
};

// Holm's step-down procedure (Holm 1979, "A simple sequentially rejective multiple test procedure"): of m
// hypotheses the one with the smallest p is tested at level / m, the next one at level / (m - 1), …, until
// one is not rejected, which ends it for all the others as well. Some true hypothesis is rejected with a
// probability of at most `level`, however the tests depend on each other. With p sorted, p_(1) <= … <= p_(m),
//   adjusted p_(k) = max over j <= k of min(1, (m - j + 1) p_(j)).
// Those that are not rejected have the level at which the procedure ended. The results are in the order of
// `p`. Throws std::invalid_argument for a p outside of [0, 1] and a level outside of (0, 1). An empty family
// has no tests.
std::vector<HolmTest> holm(std::span<const double> p, double level = 0.05);

}  // namespace normlab
