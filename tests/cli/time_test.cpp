// normlab time, and sweep --timed, as a user meets them; what they measure means nothing here.
#include <doctest/doctest.h>

#include "cli/small_sweep.h"

using namespace normlab::testing;

namespace {

const char* const timed_spec = R"({"name": "timed",
  "base": {"dataset": {"name": "synthetic", "train_limit": 200, "validation_limit": 100}, "model": {"name": "mlp", "hidden": [8]},
           "budget": {"epochs": 2}, "target": "validation.error<=0.9"},
  "grid": {"norm": ["none", "layer"], "seed": [1, 2]}})";

const char* const single_spec = R"({"name": "timed",
  "base": {"dataset": {"name": "synthetic", "train_limit": 200, "validation_limit": 100},
           "model": {"name": "mlp", "hidden": [8]}}})";

json times_of(const std::filesystem::path& folder) {
  return json::parse(read_file(folder / "times.json"));
}

}  // namespace

TEST_CASE("time measures the cells of an experiment into its folder, and prints times and ratios") {
  const TemporaryFolder folder;
  write_file(folder.path() / "spec.json", timed_spec);
  const Outcome outcome = run_program(folder.path(), {"time", "spec.json", "--order-seed", "3"});
  CAPTURE(outcome.error);
  CHECK(outcome.status == 0);
  CHECK(contains(outcome.out, "layer / none"));
  CHECK(contains(outcome.error, "round 15 of 15"));
  const json times = times_of(folder.path() / "results" / "timed");
  CHECK(times["schema"] == "normlab.times/1");
  CHECK(times["rounds"] == 15);
  CHECK(times["order_seed"] == 3);
  CHECK(times["cells"].size() == 2);
  CHECK(times["ratios"].size() == 1);
  const Outcome printed =
      run_program(folder.path(), {"time", "spec.json", "--rounds", "16", "--json", "--quiet"});
  CHECK(json::parse(printed.out) == times_of(folder.path() / "results" / "timed"));
  CHECK(json::parse(printed.out)["rounds"] == 16);
  CHECK_FALSE(contains(printed.error, "round 16"));
}

TEST_CASE("a timed sweep measures once, and a sweep takes the folder that was timed before") {
  const TemporaryFolder folder;
  const std::filesystem::path results = folder.path() / "results" / "timed";
  write_file(folder.path() / "spec.json", timed_spec);
  REQUIRE(run_program(folder.path(), {"time", "spec.json", "--quiet"}).status == 0);
  const std::string first = read_file(results / "times.json");
  const Outcome swept = run_program(folder.path(), {"sweep", "spec.json", "--timed"});
  CAPTURE(swept.error);
  CHECK(swept.status == 0);
  CHECK(contains(swept.error, "measured already"));
  CHECK(read_file(results / "times.json") == first);
  CHECK(count_records(results) == 4);
  const Outcome again = run_program(folder.path(), {"sweep", "spec.json", "--timed", "--rounds", "17"});
  CHECK(again.status == 0);
  CHECK(times_of(results)["rounds"] == 17);
  // The sweep's own file is a spec as well, and its folder the place.
  CHECK(run_program(folder.path(), {"time", "results/timed/sweep.json", "--quiet"}).status == 0);
  CHECK(times_of(results)["rounds"] == 15);
}

TEST_CASE("a timed sweep that adds to its folder measures the new cells as well") {
  const TemporaryFolder folder;
  write_file(folder.path() / "spec.json", timed_spec);
  REQUIRE(run_program(folder.path(), {"sweep", "spec.json", "--timed", "--set", "norm=none"}).status == 0);
  const Outcome outcome = run_program(folder.path(), {"sweep", "spec.json", "--timed", "--extend"});
  CAPTURE(outcome.error);
  CHECK(outcome.status == 0);
  CHECK(times_of(folder.path() / "results" / "timed")["cells"].size() == 2);
}

TEST_CASE("time measures what was chosen, and refuses to guess what is still to be searched for") {
  const TemporaryFolder folder;
  std::string spec = single_spec;
  spec.pop_back();
  write_file(folder.path() / "chosen.json",
             R"({"schema": "normlab.tuned/1", "seeds": [9],
                 "cells": [{"when": {"norm.name": "none"}, "set": {"model.hidden": [9]}}]})");
  write_file(folder.path() / "spec.json", spec + R"(, "tuned": "chosen.json"})");
  const Outcome outcome = run_program(folder.path(), {"time", "spec.json", "--quiet"});
  CAPTURE(outcome.error);
  REQUIRE(outcome.status == 0);
  CHECK(times_of(folder.path() / "results" / "timed")["cells"][0]["settings"]["model"]["hidden"] == json{9});
  write_file(folder.path() / "spec.json",
             spec + R"(, "tune": {"space": {"optimizer.learning_rate": {"log": [1e-4, 1]},
                        "model.hidden": {"choices": [[8], [9]]}}, "trials": 2, "seeds": [9]}})");
  check_refused(folder.path(), {"time", "spec.json"}, {"tune.space.model.hidden", "normlab sweep"});
}

TEST_CASE("time refuses what it cannot do, or what would cost other times, before it measures") {
  const TemporaryFolder folder;
  const std::filesystem::path results = folder.path() / "results" / "timed";
  write_file(folder.path() / "spec.json", timed_spec);
  check_refused(folder.path(), {"time", "spec.json", "--rounds", "14"}, {"rounds", "14", "from 15 to 1000"});
  check_refused(folder.path(), {"time", "spec.json", "--rounds", "many"}, {"rounds", "many"});
  check_refused(folder.path(), {"time", "spec.json", "--order-seed", "-1"}, {"order-seed", "-1"});
  check_refused(folder.path(), {"time", "no.json"}, {"no.json"});
  check_refused(folder.path(), {"time", "spec.json", "--set", "norm=layre"}, {"norm", "layre", "layer"});
  check_refused(folder.path(), {"time", "spec.json", "--set", "batch_size=1000"}, {"batch_size", "1000"});
  check_refused(folder.path(), {"time", "spec.json", "--set", "norm=batch", "--set", "batch_size=1"},
                {"spec", "defined"});
  check_refused(folder.path(), {"sweep", "spec.json", "--rounds", "20"}, {"rounds", "--timed"});
  check_refused(folder.path(), {"sweep", "spec.json", "--timed", "--rounds", "2"}, {"rounds", "15"});

  REQUIRE(run_program(folder.path(), {"sweep", "spec.json", "--timed"}).status == 0);
  check_refused(folder.path(), {"time", "spec.json", "--set", "norm=rms"},
                {"out", "a sweep without mlp-rms-b32-"});
  check_refused(folder.path(), {"time", "spec.json", "--set", "norm=none"},
                {"out", "has the time of mlp-layer-b32-", "lost"});
  write_file(results / "times.json", "my own");
  check_refused(folder.path(), {"time", "spec.json"}, {"out", "times.json", "not a file of step times"});
  check_refused(folder.path(), {"sweep", "spec.json", "--timed"}, {"out", "times.json"});
  CHECK(run_program(folder.path(), {"sweep", "spec.json"}).status == 0);
}

TEST_CASE("a file of step times that is damaged is set aside, and one that cannot be replaced stays") {
  const TemporaryFolder folder;
  const std::filesystem::path results = folder.path() / "results" / "timed";
  write_file(folder.path() / "spec.json", single_spec);
  std::filesystem::create_directories(results);
  write_file(results / "times.json", R"({"schema": "normlab.times/1", "name": "ti)");
  const Outcome outcome = run_program(folder.path(), {"time", "spec.json", "--quiet"});
  CAPTURE(outcome.error);
  CHECK(outcome.status == 0);
  CHECK(contains(outcome.error, "times.json.damaged-1"));
  CHECK(times_of(results)["rounds"] == 15);
  const std::string before = read_file(results / "times.json");
  CHECK(Program(folder.path(), {"time", "spec.json", "--quiet"}, 500).wait().status == 1);
  CHECK(read_file(results / "times.json") == before);
  Program program(folder.path(), {"time", "spec.json", "--rounds", "1000"});
  REQUIRE(wait_until([&] { return contains(program.error_so_far(), "measuring 1 step times"); }));
  program.send(SIGINT);
  CHECK(program.wait().status == 130);
  CHECK(read_file(results / "times.json") == before);
}
