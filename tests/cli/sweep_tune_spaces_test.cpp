// Spaces of a search beyond learning rates.
#include <doctest/doctest.h>

#include "cli/small_sweep.h"

using namespace normlab::testing;

namespace {

// The spec of a search that takes a moment.
std::string spec_with(const std::string& norms, const std::string& space, int trials,
                      const std::string& base = "") {
  return R"({"name": "small",
    "base": {"dataset": {"name": "synthetic", "train_limit": 200, "validation_limit": 100, "test_limit": 100}, "model": {"name": "mlp", "hidden": [64]},
             "budget": {"epochs": 1}, "evaluate_every": 1)" +
         base + R"(}, "grid": {"norm": )" + norms + R"(, "seed": [1]},
    "tune": {"space": )" +
         space + R"(, "trials": )" + std::to_string(trials) + R"(, "seeds": [9]}})";
}

// tuned.json of that sweep.
json tuned_by(const std::string& spec) {
  const TemporaryFolder folder;
  write_file(folder.path() / "spec.json", spec);
  const Outcome outcome = run_program(folder.path(), {"sweep", "spec.json"});
  CAPTURE(outcome.error);
  REQUIRE(outcome.status == 0);
  return json::parse(read_file(folder.path() / "results" / "small" / "tuned.json"));
}

}  // namespace

TEST_CASE("several cells whose best is at a bound of the setting itself are not widened, and say why") {
  const json tuned =
      tuned_by(spec_with(R"(["none", "layer"])", R"({"schedule.final_factor": {"integer": [0, 1]}})", 2,
                         R"(, "schedule": "cosine")"));
  REQUIRE(tuned["cells"].size() == 2);
  for (const json& cell : tuned["cells"]) {
    REQUIRE(cell["widened"].size() == 1);
    CHECK(contains(cell["widened"][0]["refused"].get<std::string>(), "schedule.final_factor"));
    CHECK(cell["trials"].size() == 2);
  }
}

TEST_CASE("a trial whose run has no meaning is never chosen, and a cell of such trials alone is refused") {
  const std::string group = R"([{"name": "group", "groups": 8}])";
  const json tuned = tuned_by(spec_with(group, R"({"norm.groups": {"choices": [4, 7, 8]}})", 8));
  REQUIRE(tuned["cells"].size() == 1);
  const json& cell = tuned["cells"][0];
  CHECK(cell["set"]["norm.groups"] != 7);
  CHECK(std::any_of(cell["trials"].begin(), cell["trials"].end(),
                    [](const json& trial) { return trial["set"]["norm.groups"] == 7; }));
  const TemporaryFolder folder;
  write_file(folder.path() / "spec.json", spec_with(group, R"({"norm.groups": {"choices": [7, 9]}})", 2));
  check_refused(folder.path(), {"sweep", "spec.json"}, {"tune.space: mlp group", "groups"});
}

TEST_CASE("of budgets the one that gets further is chosen, and seconds are refused as elsewhere") {
  const json tuned = tuned_by(spec_with(R"(["none"])", R"({"budget.epochs": {"choices": [1, 4]}})", 4,
                                        R"(, "target": "validation.loss<=0.000001")"));
  const json& cell = tuned["cells"][0];
  CHECK(cell["set"]["budget.epochs"] == 4);
  CHECK(cell["reached"] == 0);
  const TemporaryFolder folder;
  write_file(folder.path() / "spec.json",
             spec_with(R"(["none"])", R"({"budget.seconds": {"choices": [1, 2]}})", 2));
  check_refused(folder.path(), {"sweep", "spec.json"}, {"budget.seconds: "});
}

TEST_CASE("a range that would be widened beyond the data is not, and says why") {
  // An epoch of these 201 samples has two steps of 199 and one of 200, whose lone last sample is left out,
  // and the target is reached at the first evaluation.
  std::string spec = spec_with(R"(["none"])", R"({"batch_size": {"integer": [199, 200]}})", 2,
                               R"(, "target": "validation.error<=1")");
  spec.replace(spec.find("200"), 3, "201");
  const json tuned = tuned_by(spec);
  const json& cell = tuned["cells"][0];
  CHECK(cell["set"]["batch_size"] == 200);
  REQUIRE(cell["widened"].size() == 1);
  CHECK(contains(cell["widened"][0]["refused"].get<std::string>(), "batch_size: 202"));
}
