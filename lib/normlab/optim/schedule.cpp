#include "normlab/optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace normlab {
namespace {

double cosine(const ScheduleSpec& spec, const ScheduleLength& length, double step) {
  const double warmup = static_cast<double>(spec.warmup_steps);
  const double span = std::max(1.0, static_cast<double>(length.total_steps) - warmup);
  const double done = std::clamp((step - warmup) / span, 0.0, 1.0);
  return spec.final_factor + (1 - spec.final_factor) * 0.5 * (1 + std::cos(std::numbers::pi * done));
}

}  // namespace

double schedule_factor(const ScheduleSpec& spec, const ScheduleLength& length, Index step) {
  const double s = static_cast<double>(step);
  double factor = 1;
  if (step < spec.warmup_steps) factor = (s + 1) / static_cast<double>(spec.warmup_steps);
  if (spec.kind == ScheduleKind::cosine) factor *= cosine(spec, length, s);
  if (spec.kind == ScheduleKind::step) {
    factor *= std::pow(spec.factor,
                       std::floor(s / (spec.step_epochs * static_cast<double>(length.steps_per_epoch))));
  }
  return factor;
}

}  // namespace normlab
