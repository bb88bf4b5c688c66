#include "normlab/train/step_times.h"

#include <doctest/doctest.h>

namespace normlab {

TEST_CASE("quantiles of step times are exact to a tenth of a percent") {
  StepTimes times;
  for (int i = 1; i <= 1000; ++i) times.add(1e-3 * i);
  const StepSeconds summary = times.summary();
  CHECK(summary.count == 1000);
  CHECK(summary.p10 == doctest::Approx(0.100).epsilon(1e-3));
  CHECK(summary.median == doctest::Approx(0.500).epsilon(1e-3));
  CHECK(summary.p90 == doctest::Approx(0.900).epsilon(1e-3));
}

TEST_CASE("steps that are too short or too long for the distribution count at its ends") {
  StepTimes times;
  for (int i = 0; i < 9; ++i) times.add(0);
  for (int i = 0; i < 2; ++i) times.add(1e9);
  CHECK(times.summary().median == doctest::Approx(1e-7).epsilon(1e-3).scale(0));
  CHECK(times.summary().p90 == doctest::Approx(1e4).epsilon(1e-3));
}

TEST_CASE("restored step times are the same distribution") {
  StepTimes times, restored;
  for (const double t : {0.0, 3e-6, 0.2, 0.2, 5.0, 1e9}) times.add(t);
  restored.restore(times.bins());
  restored.add(0.3);
  times.add(0.3);
  CHECK(restored.bins() == times.bins());
  CHECK(restored.summary().count == 7);
  CHECK(StepTimes().summary().count == 0);
}

}  // namespace normlab
