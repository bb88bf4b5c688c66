#include "normlab/records/times.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "files.h"
#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/records/run_id.h"
#include "normlab/records/value_checks.h"
#include "synthetic_records.h"

using namespace normlab;

namespace {

CellTimes cell_of(const std::string& norm, int batch_size, double seconds, int rounds = 15) {
  const nlohmann::json record = synthetic_record({.norm = norm, .batch_size = batch_size});
  CellTimes cell{.cell = cell_of_config(record["config"]),
                 .settings = timed_settings(record["config"]),
                 .round_seconds = {},
                 .steps = 900};
  // Each round is slower than the one before, by what disturbs all of its cells.
  for (int round = 0; round < rounds; ++round) cell.round_seconds.push_back(seconds * (1 + 0.002 * round));
  return cell;
}

StepTimesRecord three_cells() {
  StepTimesRecord times{.name = "quick",
                        .started = "2026-03-01T14:05:09Z",
                        .elapsed_seconds = 12.5,
                        .environment = {{"cpu", "a processor"}},
                        .rounds = 15,
                        .order_seed = 7,
                        .core_taken = std::vector<double>(15, 0.01),
                        .cores_busy = 0.1,
                        .cells = {}};
  times.cells = {cell_of("none", 4, 1e-3), cell_of("layer", 4, 1.2e-3), cell_of("none", 32, 4e-3)};
  return times;
}

std::string defect_of(const nlohmann::json& json) {
  try {
    step_times_record(json);
  } catch (const RecordDefect& defect) {
    return defect.what();
  }
  return "";
}

bool mentions(const std::vector<std::string>& warnings, const std::string& part) {
  return warnings.size() == 1 && warnings[0].find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("runs that differ in what no step's time depends on are of one cell, and others are not") {
  const nlohmann::json config = synthetic_record({})["config"];
  const std::string cell = cell_of_config(config);
  CHECK(cell.starts_with("mlp-none-b32-"));
  for (const char* same : {R"({"seed": 9})", R"({"target": null})", R"({"budget": {"steps": 3}})",
                           R"({"optimizer": {"learning_rate": 0.5}})", R"({"schedule": {"name": "cosine"}})",
                           R"({"init": {"scale": 2}})", R"({"track": "layers"})",
                           R"({"evaluate_every": {"steps": 3}})", R"({"keep_training": true})"}) {
    CAPTURE(same);
    nlohmann::json changed = config;
    changed.merge_patch(nlohmann::json::parse(same));
    CHECK(changed != config);
    CHECK(cell_of_config(changed) == cell);
    CHECK(id_of_config(changed) != id_of_config(config));
  }
  for (const char* other : {R"({"model": {"hidden": [3]}})", R"({"norm": {"name": "layer"}})",
                            R"({"batch_size": 33})", R"({"threads": 2})", R"({"optimizer": {"name": "sgd"}})",
                            R"({"dataset": {"name": "mnist"}})", R"({"clip_gradient_norm": 0.25})"}) {
    CAPTURE(other);
    nlohmann::json changed = config;
    changed.merge_patch(nlohmann::json::parse(other));
    CHECK(cell_of_config(changed) != cell);
  }
  CHECK(cell_of_config({{"model", "mlp"}}).empty());
}

TEST_CASE(
    "step times that are written and read again are the same, with the intervals that follow from them") {
  const StepTimesRecord times = three_cells();
  const Json written = to_json(times);
  const StepTimesRecord read = step_times_record(nlohmann::json::parse(written.dump()));
  CHECK(to_json(read) == written);
  CHECK(written["schema"] == "normlab.times/1");
  CHECK(written["core_taken_by_others"].get<double>() == doctest::Approx(0.01));
  CHECK(written["cells"][0]["step_seconds"]["median"].get<double>() == doctest::Approx(1.014e-3));
  CHECK(written["cells"][0]["step_seconds"]["low"].get<double>() == doctest::Approx(1.006e-3));
  CHECK(written["cells"][0]["step_seconds"]["high"].get<double>() == doctest::Approx(1.022e-3));
  CHECK(read.order_seed == 7);
  CHECK(find_cell(read, times.cells[1].cell) != nullptr);
  CHECK(find_cell(read, "mlp-batch-b4-00000000") == nullptr);
}

TEST_CASE(
    "ratios are of norms that are alike otherwise, round by round, so that what disturbs a round cancels") {
  const StepTimesRecord times = three_cells();
  const std::vector<CellPair> pairs = norm_pairs(times);
  REQUIRE(pairs.size() == 1);
  CHECK(pairs[0].first == 1);
  CHECK(pairs[0].second == 0);
  const MedianInterval ratio = step_ratio(times.cells[1], times.cells[0]);
  CHECK(ratio.median == doctest::Approx(1.2));
  CHECK(ratio.upper - ratio.lower < 1e-9);
  CHECK(to_json(times)["ratios"][0]["first"] == times.cells[1].cell);
  CHECK(to_json(times)["ratios"][0]["median"].get<double>() == doctest::Approx(1.2));
}

TEST_CASE("what makes step times doubtful is said, and nothing on a quiet machine") {
  CHECK(noise_warnings(three_cells()).empty());
  StepTimesRecord shared = three_cells();
  shared.core_taken.assign(15, 0.2);
  CHECK(mentions(noise_warnings(shared), "took 20 % of the core"));
  StepTimesRecord busy = three_cells();
  busy.cores_busy = 1.5;
  CHECK(mentions(noise_warnings(busy), "kept 1.5 of the machine's cores busy"));
  StepTimesRecord unsure = three_cells();
  for (int round = 0; round < 15; ++round) unsure.cells[2].round_seconds[round] *= 1 + 0.05 * round;
  CHECK(mentions(noise_warnings(unsure), "1 of 3 step times are uncertain by more than 5 %"));
  CHECK(mentions(noise_warnings(unsure), "the worst by 15.6 %"));
  StepTimesRecord untimed = three_cells();
  untimed.cells[0].round_seconds.clear();
  untimed.cells[0].reason = "its loss explodes";
  CHECK(mentions(noise_warnings(untimed), "has no time: its loss explodes"));
  CHECK(norm_pairs(untimed).empty());
  CHECK(find_cell(untimed, untimed.cells[0].cell) == nullptr);
  CHECK(to_json(step_times_record(to_json(untimed))) == to_json(untimed));
  StepTimesRecord unpinned = three_cells();
  unpinned.problems = {"it could not be pinned"};
  CHECK(mentions(noise_warnings(unpinned), "pinned"));
}

TEST_CASE("what is no file of step times is refused with what is wrong") {
  const nlohmann::json whole = to_json(three_cells());
  CHECK(defect_of(whole).empty());
  CHECK(defect_of("text") == "it is not a JSON object");
  const auto changed = [&](const char* pointer, const nlohmann::json& value) {
    nlohmann::json json = whole;
    json[nlohmann::json::json_pointer(pointer)] = value;
    return defect_of(json);
  };
  CHECK(changed("/schema", "normlab.run/2") == "its schema is not normlab.times/1");
  CHECK(changed("/rounds", 0) == "its rounds is not an integer of at least 1, below 2^53");
  CHECK(changed("/rounds", 16).find("has not 16 rounds") != std::string::npos);
  CHECK(changed("/rounds", 2000) == "its rounds are more than 1000");
  CHECK(changed("/cells/0/cell", "mlp-none-b4-12345678").find("is not what its settings give") !=
        std::string::npos);
  CHECK(changed("/cells/1/round_seconds/3", 0).find("no duration of a step") != std::string::npos);
  CHECK(changed("/cells/1/round_seconds/3", -1) == "its round_seconds is below 0");
  CHECK(changed("/cells/1/round_seconds/3", "x") == "its round_seconds is not a number");
  CHECK(changed("/cells", nullptr) == "its cells are not a list");
  CHECK(changed("/environment", 1) == "its environment is not an object");
  const test::TemporaryFolder folder;
  write_whole(folder / "times.json", "{}");
  CHECK_THROWS_AS(load_step_times(folder / "times.json", "results"), RequestError);
}
