#include "normlab/experiment/sweep/time_estimate.h"

#include <doctest/doctest.h>

using namespace normlab;

namespace {

// In this order: batch size 4 with seeds 1 and 2 of none, then of layer, then batch size 16 alike.
std::vector<SweepRun> estimated_sweep() {
  std::vector<SweepRun> runs;
  for (const int batch_size : {4, 16}) {
    for (const Norm norm : {Norm::none, Norm::layer}) {
      for (const std::uint64_t seed : {1, 2}) {
        SweepRun run;
        run.config.batch_size = batch_size;
        run.config.norm.kind = norm;
        run.config.seed = seed;
        run.config.budget = {.epochs = 10, .steps = 0, .seconds = 0};
        runs.push_back(run);
      }
    }
  }
  return runs;
}

constexpr Pace pace{.seconds_per_step = 0.01, .steps_per_epoch = 100};

}  // namespace

TEST_CASE("nothing is estimated before something was observed") {
  const std::vector<SweepRun> runs = estimated_sweep();
  CHECK_FALSE(TimeEstimate(runs).seconds(runs[0]));
}

TEST_CASE("a run under way tells its own time left and that of other seeds") {
  const std::vector<SweepRun> runs = estimated_sweep();
  TimeEstimate estimate(runs);
  estimate.observe(runs[0], pace);
  estimate.observe_start(0.5);
  CHECK(*estimate.seconds_left(runs[0], 250) == doctest::Approx(7.5));
  CHECK(*estimate.seconds(runs[1]) == doctest::Approx(10.5));
  CHECK(*estimate.seconds_left(runs[0], 5000) == 0);
}

TEST_CASE("runs of other norms and batch sizes are estimated from the most similar one") {
  const std::vector<SweepRun> runs = estimated_sweep();
  TimeEstimate estimate(runs);
  estimate.observe(runs[0], pace);
  CHECK(*estimate.seconds(runs[2]) == doctest::Approx(10));
  // A quarter of the steps, each twice as long.
  CHECK(*estimate.seconds(runs[4]) == doctest::Approx(5));
  estimate.observe(runs[6], {.seconds_per_step = 0.1, .steps_per_epoch = 25});
  CHECK(*estimate.seconds(runs[4]) == doctest::Approx(25));
}

TEST_CASE("runs that reached their target early shorten what others are expected to take") {
  const std::vector<SweepRun> runs = estimated_sweep();
  TimeEstimate estimate(runs);
  estimate.observe_end(runs[0], pace, 300);
  CHECK(*estimate.seconds(runs[1]) == doctest::Approx(3));
  CHECK(*estimate.seconds(runs[2]) == doctest::Approx(3));
}

TEST_CASE("the budget that ends first counts") {
  RunConfig config;
  config.budget = {.epochs = 10, .steps = 400, .seconds = 3};
  CHECK(budget_steps(config, pace) == doctest::Approx(300));
  config.budget.seconds = 0;
  CHECK(budget_steps(config, pace) == 400);
  config.budget.samples = 6390;  // of 32 a step
  CHECK(budget_steps(config, pace) == 200);
}

TEST_CASE("side by side, the longest run is the least that a sweep takes") {
  CHECK(seconds_side_by_side(10, 2, 4) == 2.5);
  CHECK(seconds_side_by_side(10, 8, 4) == 8);
}
