// An interval for a proportion, such as the share of seeds that reach a target.
#pragma once

#include "normlab/core/tensor.h"

namespace normlab {

struct ProportionInterval {
  double lower;
  double upper;
};

// The exact interval of Clopper & Pearson (1934), "The use of confidence or fiducial limits illustrated in
// the case of the binomial": for k successes of n it holds every p that neither P(X >= k) <= level / 2 nor
// P(X <= k) <= level / 2 refutes,
//   lower = Beta(k, n - k + 1) at level / 2,  upper = Beta(k + 1, n - k) at 1 - level / 2,
// with 0 below for k = 0 and 1 above for k = n. Covers with at least 1 - level. Throws std::invalid_argument
// unless n >= 1, 0 <= k <= n and 0 < level < 1.
ProportionInterval clopper_pearson(Index successes, Index trials, double level = 0.05);

}  // namespace normlab
