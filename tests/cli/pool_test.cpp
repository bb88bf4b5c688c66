// Reports of several folders, by the program.
#include <doctest/doctest.h>

#include "cli/small_sweep.h"

using namespace normlab::testing;

TEST_CASE("two sweeps of other seeds are reported as one, and contradicting records are refused") {
  TemporaryFolder folder;
  write_file(folder.path() / "spec.json", small_sweep_spec);
  for (const char* seeds : {"1,2", "2,3"}) {
    const Outcome outcome =
        run_program(folder.path(), {"sweep", "spec.json", "--set", "norm=none,layer", "--set",
                                    "batch_size=16", "--set", "budget.epochs=1", "--set",
                                    std::string("seed=") + seeds, "--out", std::string("seeds-") + seeds[0]});
    CAPTURE(outcome.error);
    REQUIRE(outcome.status == 0);
  }
  const Outcome pooled = run_program(folder.path(), {"report", "seeds-1", "seeds-2", "--format", "json"});
  REQUIRE(pooled.status == 0);
  const json report = json::parse(pooled.out);
  REQUIRE(report["rows"].size() == 2);
  CHECK(report["rows"][0]["seeds"] == json{1, 2, 3});
  CHECK(report["repeated"] == 2);
  for (const auto& entry : std::filesystem::directory_iterator(folder.path() / "seeds-2/runs")) {
    json record = json::parse(read_file(entry.path()));
    if (record["config"]["seed"] != 2) continue;
    record["evaluations"][0]["train"]["loss"] = 1.5;
    write_file(entry.path(), record.dump());
  }
  check_refused(folder.path(), {"report", "seeds-1", "seeds-2"},
                {"results: ", "seeds-1/runs/", "seeds-2/runs/"});
}

TEST_CASE("reports refuse what cannot be asked of them") {
  TemporaryFolder folder;
  write_file(folder.path() / "spec.json", small_sweep_spec);
  const Outcome sweep =
      run_program(folder.path(), {"sweep", "spec.json", "--set", "norm=none,layer", "--set", "batch_size=16",
                                  "--set", "budget.epochs=1", "--set", "seed=1,2", "--out", "out"});
  REQUIRE(sweep.status == 0);
  const auto refused = [&](std::vector<std::string> options, const std::vector<std::string>& words) {
    options.insert(options.begin(), {"report", "out"});
    check_refused(folder.path(), options, words);
  };
  refused({"--thresholds", "0.1"}, {"thresholds: ", "--pair"});
  refused({"--pair", "norm=none", "--thresholds", "-1"}, {"thresholds: "});
  refused({"--pair", "norm=none", "--thresholds", "0.5,0.6,0.5"}, {"thresholds: 0.5", "once"});
  refused({"--pair", "norm=batch"}, {"pair: ", "layer, none"});
  refused({"--pair", "norm=none", "--measure", "minutes"}, {"measure: ", "steps, epochs"});
  refused({"--pair", "norm=none", "--measure", "seconds"}, {"measure: ", "times.json"});
  refused({"--where", "norm"}, {"where: \"norm\""});
  refused({"--where", "norm=rms"}, {"where: ", "layer, none"});
  refused({"--best", "optimizer.learning_rate"}, {"best: "});
  refused({"--by", "seed"}, {"by: "});
  const Outcome report =
      run_program(folder.path(), {"report", "out", "--pair", "norm=none", "--thresholds", "0.5,0.6",
                                  "--where", "seed=1,2", "--where", "norm=none,layer", "--format", "json"});
  REQUIRE(report.status == 0);
  CHECK(json::parse(report.out)["pair"]["thresholds"].size() == 6);
}
