// Sweeps and runs that are killed or interrupted, and go on.
#include <doctest/doctest.h>

#include <random>

#include "cli/small_sweep.h"

using namespace normlab::testing;

TEST_CASE("a sweep that is killed at any moment continues to the same records") {
  TemporaryFolder folder;
  const std::filesystem::path results = folder.path() / "results" / "small";
  write_file(folder.path() / "spec.json", small_sweep_spec);
  std::mt19937 random(20161);
  for (int kill = 0; kill < 6; ++kill) {
    Program program(folder.path(), sweep_arguments());
    // From the start of the program to well into its runs.
    std::this_thread::sleep_for(
        std::chrono::milliseconds(std::uniform_int_distribution<int>(0, 900)(random)));
    const std::vector<pid_t> children = children_of(program.process());
    // Now and then the children, too, as when the machine loses power.
    if (kill % 2 == 0) {
      for (const pid_t child : children) ::kill(child, SIGKILL);
    }
    program.send(SIGKILL);
    program.wait();
  }
  const Outcome outcome = run_program(folder.path(), sweep_arguments());
  CAPTURE(outcome.error);
  CHECK(outcome.status == 0);
  CHECK(equal(records_of(results), reference_records()));
  CHECK(count_files(results / "checkpoints") == 0);
}

TEST_CASE("children do not outlive a parent that is killed") {
  TemporaryFolder folder;
  write_file(folder.path() / "spec.json", small_sweep_spec);
  Program program(folder.path(), sweep_arguments({"--set", "budget.epochs=100000"}));
  std::vector<pid_t> children;
  REQUIRE(wait_until([&] { return !(children = children_of(program.process())).empty(); }));
  program.send(SIGKILL);
  program.wait();
  for (const pid_t child : children) CHECK(wait_until([&] { return ::kill(child, 0) != 0; }));
}

TEST_CASE("an interrupted sweep writes checkpoints, says so with status 130, and continues") {
  TemporaryFolder folder;
  const std::filesystem::path results = folder.path() / "results" / "small";
  write_file(folder.path() / "spec.json", small_sweep_spec);
  for (const int signal : {SIGINT, SIGTERM}) {
    Program program(folder.path(), {"sweep", "spec.json"});
    const std::size_t before = count_records(results);
    wait_until([&] { return !children_of(program.process()).empty() && count_records(results) > before; });
    program.send(signal);
    const Outcome outcome = program.wait();
    CAPTURE(outcome.error);
    if (outcome.status == 0) break;  // it was faster than the signal
    CHECK(outcome.status == 130);
    CHECK(outcome.out.empty());
    CHECK(contains(outcome.error, "the same command continues"));
  }
  CHECK(run_program(folder.path(), {"sweep", "spec.json"}).status == 0);
  CHECK(equal(records_of(results), reference_records()));
}

TEST_CASE("a run that is interrupted continues with the same command to the same record") {
  TemporaryFolder folder;
  const std::vector<std::string> arguments =
      quick_run({"--batch-size", "2", "--epochs", "40", "--evaluate-every", "4", "--out", "r.json"});
  REQUIRE(run_program(folder.path(), arguments).status == 0);
  const json whole = without_times(json::parse(read_file(folder.path() / "r.json")));
  std::filesystem::remove(folder.path() / "r.json");
  Program program(folder.path(), arguments);
  REQUIRE(wait_until(
      [&] { return contains(program.error_so_far(), "epoch 4 "); }));  // set-up has nothing to keep
  program.send(SIGINT);
  const Outcome outcome = program.wait();
  CAPTURE(outcome.error);
  if (outcome.status == 130) {
    CHECK(contains(outcome.error, "the same command continues"));
    CHECK(std::filesystem::exists(folder.path() / "r.checkpoint"));
    CHECK(json::parse(read_file(folder.path() / "r.json"))["status"] == "interrupted");
  }
  const Outcome continued = run_program(folder.path(), arguments);
  CHECK(continued.status == 0);
  CHECK(contains(continued.error, "continuing from r.checkpoint at step ") == (outcome.status == 130));
  CHECK(without_times(json::parse(read_file(folder.path() / "r.json"))) == whole);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "r.checkpoint"));
}

TEST_CASE("a child that is killed costs one run, which is tried again the next time") {
  TemporaryFolder folder;
  const std::filesystem::path results = folder.path() / "results" / "small";
  write_file(folder.path() / "spec.json", small_sweep_spec);
  Program program(folder.path(), sweep_arguments({"--jobs", "1"}));
  std::vector<pid_t> children;
  REQUIRE(wait_until([&] { return !(children = children_of(program.process())).empty(); }));
  ::kill(children.front(), SIGKILL);
  const Outcome outcome = program.wait();
  CAPTURE(outcome.error);
  CHECK(outcome.status == 1);
  CHECK(contains(outcome.error, "killed by signal 9"));
  CHECK(count_records(results) == 6);
  int failed = 0;
  for (const auto& [file, record] : records_of(results)) {
    if (record["status"] != "failed") continue;
    ++failed;
    CHECK(contains(record["cause"].get<std::string>(), "killed by signal 9"));
    const json whole = json::parse(read_file(results / "runs" / file));
    CHECK(whole["started"].get<std::string>().size() == std::string("2026-03-01T14:05:09Z").size());
    CHECK(whole["environment"]["jobs"] == 1);
  }
  CHECK(failed == 1);
  CHECK(run_program(folder.path(), sweep_arguments()).status == 0);
  CHECK(equal(records_of(results), reference_records()));
}
