#include "normlab/optim/schedule.h"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>

namespace normlab {

TEST_CASE("a constant schedule changes nothing") {
  for (const Index step : {0, 1, 1000}) CHECK(schedule_factor({}, {}, step) == 1);
}

TEST_CASE("warm-up rises linearly and reaches the full learning rate at its last step") {
  const ScheduleSpec spec{.kind = ScheduleKind::constant, .warmup_steps = 4};
  const double expected[] = {0.25, 0.5, 0.75, 1, 1, 1};
  for (Index step = 0; step < 6; ++step) CHECK(schedule_factor(spec, {}, step) == expected[step]);
}

TEST_CASE("a step schedule multiplies by its factor at the beginning of every period") {
  const ScheduleSpec spec{.kind = ScheduleKind::step, .step_epochs = 2, .factor = 0.1};
  const ScheduleLength length{.total_steps = 1000, .steps_per_epoch = 5};
  for (const Index step : {0, 9}) CHECK(schedule_factor(spec, length, step) == 1);
  for (const Index step : {10, 19}) CHECK(schedule_factor(spec, length, step) == doctest::Approx(0.1));
  CHECK(schedule_factor(spec, length, 20) == doctest::Approx(0.01));
  CHECK(schedule_factor(spec, length, 49) == doctest::Approx(1e-4));
}

TEST_CASE("a step schedule may have a fraction of an epoch as its period") {
  const ScheduleSpec spec{.kind = ScheduleKind::step, .step_epochs = 0.5, .factor = 0.5};
  const ScheduleLength length{.total_steps = 100, .steps_per_epoch = 10};
  CHECK(schedule_factor(spec, length, 4) == 1);
  CHECK(schedule_factor(spec, length, 5) == 0.5);
  CHECK(schedule_factor(spec, length, 10) == 0.25);
}

TEST_CASE("a cosine schedule follows half a cosine to its final factor, and stays there") {
  const ScheduleSpec spec{.kind = ScheduleKind::cosine, .final_factor = 0.1};
  const ScheduleLength length{.total_steps = 80, .steps_per_epoch = 10};
  CHECK(schedule_factor(spec, length, 0) == doctest::Approx(1));
  CHECK(schedule_factor(spec, length, 20) == doctest::Approx(0.1 + 0.9 * (1 + std::sqrt(0.5)) / 2));
  CHECK(schedule_factor(spec, length, 40) == doctest::Approx(0.55));
  CHECK(schedule_factor(spec, length, 80) == doctest::Approx(0.1));
  CHECK(schedule_factor(spec, length, 500) == doctest::Approx(0.1));
  for (Index step = 1; step < 80; ++step)
    CHECK(schedule_factor(spec, length, step) < schedule_factor(spec, length, step - 1));
}

TEST_CASE("a cosine schedule begins where warm-up ends") {
  const ScheduleSpec spec{.kind = ScheduleKind::cosine, .warmup_steps = 10};
  const ScheduleLength length{.total_steps = 110, .steps_per_epoch = 10};
  for (Index step = 0; step < 10; ++step)
    CHECK(schedule_factor(spec, length, step) == doctest::Approx((static_cast<double>(step) + 1) / 10));
  CHECK(schedule_factor(spec, length, 10) == doctest::Approx(1));
  CHECK(schedule_factor(spec, length, 35) == doctest::Approx((1 + std::cos(std::numbers::pi / 4)) / 2));
  CHECK(schedule_factor(spec, length, 110) == doctest::Approx(0));
}

TEST_CASE("a warm-up that is longer than the run divides by nothing") {
  const ScheduleSpec spec{.kind = ScheduleKind::cosine, .warmup_steps = 20};
  const ScheduleLength length{.total_steps = 10, .steps_per_epoch = 10};
  for (Index step = 0; step < 10; ++step) {
    CHECK(schedule_factor(spec, length, step) == doctest::Approx((static_cast<double>(step) + 1) / 20));
  }
}

}  // namespace normlab
