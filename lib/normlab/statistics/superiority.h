// How often one group comes first.
#pragma once

#include <span>

#include "normlab/statistics/censored.h"

namespace normlab {

// The probability that a draw of `first` has its event before a draw of `second`, ties as half, by the
// groups' Kaplan-Meier curves; two draws without an event before or at the horizon tie:
//   sum over event times t <= horizon of `first` of (S_1(t-) - S_1(t)) (S_2(t-) + S_2(t)) / 2
//     + S_1(horizon) S_2(horizon) / 2
// (the estimate of Efron 1967, "The two sample problem with censored data", cut at the horizon, where both
// are known). Where nothing is censored before the horizon it is the Mann-Whitney statistic divided by the
// number of pairs, censored observations tied. superiority(a, b, h) + superiority(b, a, h) = 1. The horizon
// is as in restricted_mean().
double superiority(const SurvivalCurve& first, const SurvivalCurve& second, double horizon);

}  // namespace normlab
