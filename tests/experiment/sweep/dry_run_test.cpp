#include "normlab/experiment/sweep/dry_run.h"

#include <doctest/doctest.h>

#include <sstream>

#include "text.h"

using namespace normlab;
using testing::contains;
using testing::lines_of;

namespace {

std::vector<SweepRun> small_sweep() {
  return expand(parse_sweep_spec(Json::parse(R"({
      "base": {"dataset": {"name": "synthetic", "train_limit": 200, "validation_limit": 100, "test_limit": 100}, "model": {"name": "mlp", "hidden": [8]},
               "budget": {"epochs": 2}},
      "grid": {"norm": ["none", "instance"], "batch_size": [4, 100], "seed": [1, 2]}})"),
                                 "dry"));
}

}  // namespace

TEST_CASE("the table of a dry run names every setting in columns, and why a run is undefined") {
  const std::vector<std::string> lines = lines_of(run_table(small_sweep()));
  REQUIRE(lines.size() == 9);
  for (const char* label : {"model", "norm", "batch size", "seed", "learning rate"}) {
    CHECK(contains(lines[0], label));
  }
  const std::size_t column = lines[0].find("learning rate");
  for (std::size_t i = 1; i < lines.size(); ++i) CHECK(lines[i].substr(column, 5) == "0.001");
  CHECK(contains(lines[1], "mlp-none-b4-s1-"));
  CHECK(contains(lines[3], "undefined: "));
}

TEST_CASE("a dry run's estimate comes from a few steps of each kind of run, and touches no file") {
  const std::vector<SweepRun> runs = small_sweep();
  TimeEstimate estimate(runs);
  // Four runs are defined, of two kinds.
  CHECK(calibrate(runs, 60, estimate) == 2);
  std::vector<RunNeeds> needs(runs.size());
  const double one = estimated_seconds(runs, needs, estimate, 1);
  CHECK(one > 0);
  CHECK(estimated_seconds(runs, needs, estimate, 2) < one);
  // Evaluations that cost as much as training make it twice as long.
  for (RunNeeds& run : needs) run.evaluation = 1;
  CHECK(estimated_seconds(runs, needs, estimate, 1) == doctest::Approx(2 * one));
  // No time at all is enough for one.
  TimeEstimate hasty(runs);
  CHECK(calibrate(runs, 0, hasty) == 1);
  CHECK(estimated_seconds(runs, needs, hasty, 1) > 0);
}
