#include "normlab/records/awaited_run.h"

#include <doctest/doctest.h>

#include "synthetic_records.h"

using namespace normlab;
using nlohmann::json;

namespace {

// A run of batch size 4 diverges after one epoch of 13,750 steps, each of which takes a millisecond.
json diverged_record(const json& budget) {
  json record = synthetic_record({.batch_size = 4, .status = "diverged"});
  record["config"]["budget"] = budget;
  return with_own_id(record);
}

RunRecord run_of(const json& record) {
  return RunRecordReader().read(record.dump(), "record");
}

RunCosts end_of(const json& budget) {
  return budget_end(run_of(diverged_record(budget)));
}

}  // namespace

TEST_CASE("a budget ends at so many steps and epochs, whatever it counts") {
  const RunCosts epochs = end_of({{"epochs", 10}});
  CHECK(epochs.steps == 137500);
  CHECK(epochs.epochs == 10);
  const RunCosts steps = end_of({{"steps", 27500}});
  CHECK(steps.steps == 27500);
  CHECK(steps.epochs == 2);
  CHECK(end_of({{"epochs", 10}, {"steps", 27500}}).steps == 27500);
  CHECK(end_of({{"epochs", 1}, {"steps", 27500}}).steps == 13750);
  CHECK(end_of({{"samples", 110001}}).steps == 27501);
  CHECK(end_of({{"seconds", 27.5}}).steps == doctest::Approx(27500).epsilon(1e-4));
  json text = synthetic_record({.batch_size = 4, .text_task = true});
  text["config"]["budget"] = {{"samples", 4000}};
  text["config"]["model"]["window"] = 50;
  CHECK(budget_end(run_of(with_own_id(text))).steps == 20);
}

TEST_CASE("a run that diverged before its first evaluation tells of its budget what needs no epochs") {
  json record = diverged_record({{"epochs", 10}});
  record["evaluations"] = json::array();
  const RunCosts end = budget_end(run_of(record));
  CHECK(end.epochs == 10);
  CHECK_FALSE(end.steps);
}

TEST_CASE("a run reaches its target, misses it or never comes to it") {
  const auto time_of = [](const SyntheticRun& of) {
    const RunRecord run = run_of(synthetic_record(of));
    return awaited_time(run, run.event, &RunCosts::epochs);
  };
  const auto reached = time_of({.batch_size = 4, .epochs_to_target = 3});
  CHECK(has_come(*reached));
  CHECK(reached->observation.time == 3);
  CHECK(reached->end == 10);
  const auto missed = time_of({.batch_size = 4, .status = "missed_target"});
  CHECK_FALSE(has_come(*missed));
  CHECK_FALSE(missed->never);
  CHECK(missed->observation.time == 10);
  const auto diverged = time_of({.batch_size = 4, .status = "diverged"});
  CHECK(diverged->never);
  CHECK(diverged->end == 10);
  CHECK_FALSE(time_of({.status = "finished", .target = std::nullopt}));
}
