// Whether two groups differ at all.
#pragma once

#include <cstdint>

#include "normlab/statistics/two_groups.h"

namespace normlab {

struct PermutationOptions {
  Index most_arrangements = 1'000'000;  // up to which all of them are looked at
  Index draws = 99'999;                 // of arrangements, where there are more
  std::uint64_t seed = 0;               // of these draws
};

struct PermutationTest {
  double p;            // two-sided
  double smallest_p;   // smallest_permutation_p()
  Index arrangements;  // looked at
  bool exact;          // all there are
};

// The permutation test of "both groups come from one distribution" (Fisher 1935; Pitman 1937): under it every
// way of dealing the observations out to two groups of these sizes is as likely as the one that was seen, or,
// where the groups are paired, every way of swapping within pairs. The statistic is |log(mean_1 / mean_2)| of
// the restricted means, and p the share of arrangements with one at least as large, those that tie included.
// For more than `most_arrangements` it is (b + 1) / (draws + 1), b such arrangements among the drawn ones
// (Phipson & Smyth 2010, "Permutation p-values should never be zero"). Either way P(p <= level) <= level, at
// any sample size.
//
// Why this statistic and not ranks: it is what the interval of bootstrap.h is about, so that test and
// interval answer one question; for two groups of equal size it orders the arrangements as the difference of
// means does. Ranks hold up better against outliers, which times cut at a horizon do not have. Censoring
// before the horizon must not depend on the group, as it does where two groups had unequal budgets: compare
// them at a horizon that all budgets reach.
//
// Logarithms that differ by less than 1e-10 tie. Throws std::invalid_argument as check_groups() with at least
// 1 observation, and for `most_arrangements` or `draws` outside of [1, 10,000,000].
PermutationTest permutation_test(const TwoGroups& groups, const PermutationOptions& options);

// The smallest p that any outcome of such a design gives: where it is above the level, the design cannot
// decide. With C ways to choose the first group it is 1 / C, or 2 / C for groups of equal size, which can be
// exchanged; paired 2 / 2^n; where arrangements are drawn 1 / (draws + 1). Throws std::invalid_argument for
// empty groups, paired ones of unequal size, and options as above.
double smallest_permutation_p(Index first_size, Index second_size, Pairing pairing,
                              const PermutationOptions& options);

}  // namespace normlab
