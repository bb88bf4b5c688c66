#include "normlab/train/clock_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace normlab {
namespace {

constexpr double largest_factor = 1.2, largest_cpu_difference = 0.05;
constexpr Index fewest_steps = 50;
constexpr double fewest_steps_per_epoch = 10, shortest_seconds = 0.2;

}  // namespace

std::vector<std::string> time_warnings(const TrainingClock& clock, double median_step,
                                       double steps_per_epoch) {
  std::vector<std::string> warnings;
  const Index steps = clock.steps - clock.warm_up_steps;
  const double seconds = clock.seconds - clock.warm_up_seconds;
  const double expected = static_cast<double>(steps) * median_step;
  const bool too_short = seconds * largest_factor < expected && steps_per_epoch >= fewest_steps_per_epoch;
  if (steps >= fewest_steps && (seconds > largest_factor * expected || too_short)) {
    warnings.push_back(
        fmt::format("the training clock says {:.3g} s for {} steps whose median makes {:.3g} s", seconds,
                    steps, expected));
  }
  const double difference = std::abs(clock.cpu_seconds - clock.seconds);
  if (clock.seconds >= shortest_seconds && difference > largest_cpu_difference * clock.seconds) {
    warnings.push_back(fmt::format("of {:.3g} s on the training clock the processor worked {:.3g} s",
                                   clock.seconds, clock.cpu_seconds));
  }
  if (is_median_step_doubtful(clock, median_step))
    warnings.push_back(
        "something else had the core during most steps, so the median step is too long as well");
  return warnings;
}

bool is_median_step_doubtful(const TrainingClock& clock, double median_step) {
  const double shortest = std::min(clock.seconds, static_cast<double>(clock.steps) * median_step);
  return clock.seconds >= shortest_seconds && shortest > largest_factor * clock.cpu_seconds;
}

}  // namespace normlab
