// A sweep's folder that grows.
#include <doctest/doctest.h>

#include "cli/small_sweep.h"

using namespace normlab::testing;

namespace {

const char* const extended_sweep_spec = R"({"name": "small",
  "base": {"dataset": {"name": "synthetic", "train_limit": 300, "validation_limit": 100, "test_limit": 100}, "model": {"name": "mlp", "hidden": [8]},
           "budget": {"epochs": 2}},
  "grid": {"norm": ["none", "layer"], "seed": [1, 2]}})";

}  // namespace

TEST_CASE("--extend adds seeds and values to a folder, keeps its records, and lists all runs") {
  TemporaryFolder folder;
  const auto results = folder.path() / "results" / "small";
  write_file(folder.path() / "spec.json", extended_sweep_spec);
  REQUIRE(run_program(folder.path(), sweep_arguments()).status == 0);
  const auto before = files_below(results / "runs");
  CHECK(before.size() == 4);
  const Outcome refused = run_program(folder.path(), sweep_arguments({"--set", "seed=1..3"}));
  CHECK(refused.status == 2);
  CHECK(contains(refused.error, "--extend"));

  const auto listed = files_below(results);
  CHECK(run_program(folder.path(), sweep_arguments({"--set", "seed=1..3", "--extend", "--dry-run"})).status ==
        0);
  CHECK(files_below(results) == listed);
  const Outcome outcome = run_program(folder.path(), sweep_arguments({"--set", "seed=3", "--extend"}));
  CAPTURE(outcome.error);
  CHECK(outcome.status == 0);
  CHECK(contains(outcome.error, "4 of 6 runs are finished already; 2 to go"));
  auto after = files_below(results / "runs");
  CHECK(after.size() == 6);
  for (const auto& [file, content] : before) CHECK(equal(after[file], content));
  const json sweep = json::parse(read_file(results / "sweep.json"));
  CHECK(sweep["runs"].size() == 6);
  CHECK(sweep["grid"]["seed"] == json({1, 2, 3}));
  const json summary = json::parse(read_file(results / "summary.json"));
  CHECK(summary["rows"][0]["runs"] == 3);

  // The folder is now that of the larger experiment, and the same command has nothing to do.
  CHECK(contains(run_program(folder.path(), sweep_arguments({"--set", "seed=3", "--extend"})).error,
                 "6 of 6 runs are finished already"));
  CHECK(contains(run_program(folder.path(), {"sweep", "results/small/sweep.json"}).error,
                 "6 of 6 runs are finished already"));
  check_refused(folder.path(), {"sweep", "spec.json", "--extend", "--set", "budget.epochs=3"},
                {"extend: ", "base.budget"});
  check_refused(folder.path(), {"sweep", "spec.json", "--extend", "--out", "elsewhere"},
                {"extend: ", "sweep.json"});
}
