#include "normlab/train/clock_check.h"

#include <doctest/doctest.h>

#include "text.h"

namespace normlab {
namespace {

using testing::contains;
// 1000 steps of a millisecond, the first ten of ten milliseconds.
TrainingClock quiet_clock() {
  return {.steps = 1000, .seconds = 1.09, .cpu_seconds = 1.09, .warm_up_steps = 10, .warm_up_seconds = 0.1};
}

}  // namespace

TEST_CASE("a run that had its core to itself is believed") {
  CHECK(time_warnings(quiet_clock(), 1e-3, 100).empty());
}

TEST_CASE("a clock that is not steps times median step is doubted, either way") {
  TrainingClock clock = quiet_clock();
  clock.seconds = clock.cpu_seconds = 0.1 + 1.25 * 0.99;
  REQUIRE(time_warnings(clock, 1e-3, 100).size() == 1);
  CHECK(contains(time_warnings(clock, 1e-3, 100)[0], "1.24 s for 990 steps whose median makes 0.99 s"));
  clock.seconds = clock.cpu_seconds = 0.1 + 1.15 * 0.99;
  CHECK(time_warnings(clock, 1e-3, 100).empty());
  clock.seconds = clock.cpu_seconds = 0.1 + 0.8 * 0.99;
  CHECK(time_warnings(clock, 1e-3, 100).size() == 1);
  // Of three batches in an epoch the last one may be small.
  CHECK(time_warnings(clock, 1e-3, 3).empty());
}

TEST_CASE(
    "a median step that the processor did not work through is doubted, a clock with a few long steps is "
    "not") {
  TrainingClock clock = quiet_clock();  // 1000 steps
  clock.cpu_seconds = 0.8;
  CHECK(is_median_step_doubtful(clock, 1e-3));
  const std::vector<std::string> warnings = time_warnings(clock, 1e-3, 100);
  REQUIRE(warnings.size() == 2);
  CHECK(contains(warnings[1], "the median step is too long"));
  CHECK_FALSE(is_median_step_doubtful(clock, 0.9e-3));  // 0.9 s of 0.8: within the factor
  clock.cpu_seconds = 0.95;
  CHECK_FALSE(is_median_step_doubtful(clock, 1e-3));
  // A short last batch of each epoch makes steps times median too long, and says nothing about the core.
  clock = quiet_clock();
  CHECK_FALSE(is_median_step_doubtful(clock, 2e-3));
}

TEST_CASE("a clock without the processor's time is doubted") {
  TrainingClock clock = quiet_clock();
  clock.cpu_seconds = 0.94 * clock.seconds;
  REQUIRE(time_warnings(clock, 1e-3, 100).size() == 1);
  CHECK(contains(time_warnings(clock, 1e-3, 100)[0],
                 "of 1.09 s on the training clock the processor worked 1.02 s"));
  clock.cpu_seconds = 0.96 * clock.seconds;
  CHECK(time_warnings(clock, 1e-3, 100).empty());
}

TEST_CASE("runs too short to judge are not doubted") {
  const TrainingClock few{
      .steps = 40, .seconds = 0.1, .cpu_seconds = 0.05, .warm_up_steps = 10, .warm_up_seconds = 0.05};
  CHECK(time_warnings(few, 1e-4, 100).empty());
  CHECK(time_warnings({}, 0, 0).empty());
}

}  // namespace normlab
