// Experiments with a known truth, to see how often intervals hold it and tests reject it.
//
// Times of group g are log-normal, exp(m_g + s z); they are censored at a horizon that a given share of the
// first group's times lie beyond, and m_2 = m_1 - log(ratio), so that the second group is the faster one for
// ratio > 1. In paired groups the two normal numbers of a pair have a correlation of 1/2.
#pragma once

#include <string>
#include <vector>

#include "normlab/statistics/two_groups.h"
#include "normlab/statistics/verdict.h"

namespace normlab::simulation {

struct Case {
  double deviation;  // s, of the logarithm of the times
  double censored;   // share of the first group; 0 for a horizon that nothing reaches
  double ratio;      // of the times without censoring
  Pairing pairing;
  Index seeds = 10;                                 // in each group
  ClaimDirection direction = ClaimDirection::less;  // of what wrong_verdicts() claims
  // The share of either group that never has its event; with a ratio of 1, and a horizon.
  double diverged = 0;
};

std::string name(const Case& simulated);

// Cases for which the 95 % interval is promised to hold the truth in 93 to 97 % of experiments.
std::vector<Case> promised_cases();
// With two or three events in a group, where it is not.
std::vector<Case> cases_beyond();

// E min(T_1, horizon) / E min(T_2, horizon).
double true_ratio(const Case& simulated);

struct Coverage {
  double covered;       // shares of the experiments
  double below, above;  // the truth lies below, or above, the interval
};

// Of bootstrap_ratio() at a level of 0.05.
Coverage coverage(const Case& simulated, Index experiments, Index resamples);

// How often permutation_test() has p <= level.
double rejected(const Case& simulated, Index experiments, double level);

// How often judge() gives a wrong verdict on some claim of a family of three, each an experiment of its own
// of which the margin is claimed that it truly has (or for `within` one of both margins), so that every
// decision is a wrong one.
double wrong_verdicts(const Case& simulated, Index experiments, double level);

}  // namespace normlab::simulation
