#include "normlab/statistics/superiority.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace normlab {
namespace {

// S(time-), before the step that is taken at this time.
double survival_before(const SurvivalCurve& curve, double time) {
  const auto here = std::ranges::lower_bound(curve.steps, time, {}, &SurvivalStep::time);
  return here == curve.steps.begin() ? 1 : std::prev(here)->survival;
}

}  // namespace

double superiority(const SurvivalCurve& first, const SurvivalCurve& second, double horizon) {
  if (!(horizon > 0 && std::isfinite(horizon)) ||
      horizon > std::min(known_until(first), known_until(second))) {
    throw std::invalid_argument("a horizon is above 0 and lies within what was observed of both groups");
  }
  double probability = survival_at(first, horizon) * survival_at(second, horizon) / 2, before = 1;
  for (const SurvivalStep& step : first.steps) {
    if (step.time > horizon) break;
    const double later = survival_at(second, step.time), not_earlier = survival_before(second, step.time);
    probability += (before - step.survival) * (not_earlier + later) / 2;
    before = step.survival;
  }
  return probability;
}

}  // namespace normlab
