#include "normlab/train/next_evaluation.h"

#include <algorithm>
#include <cmath>

namespace normlab {

Index next_evaluation(const EvaluationInterval& every, Index steps_per_epoch, Index step) {
  const double wanted = every.steps > 0 ? static_cast<double>(every.steps)
                                        : every.epochs * static_cast<double>(steps_per_epoch);
  // At least a step, however small the fraction of an epoch, and within the numbers that an Index holds.
  const double interval = std::clamp(wanted, 1.0, 1e15);
  const auto step_of = [&](double k) { return static_cast<Index>(std::ceil(k * interval - 1e-9)); };
  double k = std::floor(static_cast<double>(step) / interval);
  while (step_of(k) <= step) ++k;
  return step_of(k);
}

}  // namespace normlab
