// Sweeps as processes: resuming, crashes, interrupts, jobs, full disks. What is compared is everything but
// the times.
#include <doctest/doctest.h>
#include <sys/mount.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "cli/program.h"
#include "normlab/experiment/process/cores.h"

using namespace normlab::testing;
using nlohmann::json;

namespace {

// Six runs, each of a second or so: long enough to be interrupted in the middle.
const char* const spec_text = R"({"name": "small",
  "base": {"dataset": {"name": "synthetic", "train_limit": 1000}, "model": {"name": "mlp", "hidden": [64, 64]},
           "budget": {"epochs": 6}, "target": "validation.error<=0.05", "keep_training": true, "evaluate_every": 0.5},
  "grid": {"norm": ["none", "layer", "batch"], "batch_size": [2, 16]}})";

// A record without times and counts of restarts.
json without_times(json record) {
  for (const char* key : {"started", "environment", "training_clock", "time_warnings", "step_seconds",
                          "startup_seconds", "checkpoint_seconds", "resumed", "peak_resident_bytes"}) {
    record.erase(key);
  }
  for (json& evaluation : record["evaluations"]) {
    evaluation.erase("seconds");
    evaluation.erase("cpu_seconds");
  }
  if (record.contains("convergence")) {
    record["convergence"].erase("train_seconds");
    record["convergence"].erase("train_seconds_from_median_step");
  }
  return record;
}

std::map<std::string, json> records_of(const std::filesystem::path& sweep) {
  std::map<std::string, json> records;
  if (!std::filesystem::exists(sweep / "runs")) return records;
  for (const auto& entry : std::filesystem::directory_iterator(sweep / "runs")) {
    if (entry.path().extension() != ".json") continue;
    records[entry.path().filename()] = without_times(json::parse(read_file(entry.path())));
  }
  return records;
}

// Without printing both sides when they differ.
template <class Value>
bool equal(const Value& a, const Value& b) {
  return a == b;
}

std::size_t count_records(const std::filesystem::path& sweep) {
  return records_of(sweep).size();
}

std::size_t count_files(const std::filesystem::path& folder) {
  if (!std::filesystem::exists(folder)) return 0;
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

std::vector<std::string> sweep_arguments(const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"sweep", "spec.json", "--checkpoint-seconds", "0.02"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

// The records of a sweep that nothing disturbed.
const std::map<std::string, json>& reference_records() {
  static const std::map<std::string, json> records = [] {
    TemporaryFolder folder;
    write_file(folder.path() / "spec.json", spec_text);
    const Outcome outcome = run_program(folder.path(), {"sweep", "spec.json", "--jobs", "1"});
    CAPTURE(outcome.error);
    REQUIRE(outcome.status == 0);
    return records_of(folder.path() / "results" / "small");
  }();
  return records;
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  const std::string process = std::to_string(parent);
  std::ifstream list("/proc/" + process + "/task/" + process + "/children");
  for (pid_t child; list >> child;) children.push_back(child);
  return children;
}

// For as long as it lives, programs of the test share out the machine's cores among themselves.
class SharedRuntimeFolder {
 public:
  explicit SharedRuntimeFolder(const std::filesystem::path& folder) {
    ::setenv("NORMLAB_RUNTIME_DIR", folder.c_str(), 1);
  }
  ~SharedRuntimeFolder() { ::unsetenv("NORMLAB_RUNTIME_DIR"); }
  SharedRuntimeFolder(const SharedRuntimeFolder&) = delete;
  SharedRuntimeFolder& operator=(const SharedRuntimeFolder&) = delete;
};

std::filesystem::path process_file(pid_t process, const std::string& name) {
  return std::filesystem::path("/proc") / std::to_string(process) / name;
}

// "0" or "0-3", as the kernel tells it.
std::string allowed_cores(pid_t process) {
  const std::string status = read_file(process_file(process, "status"));
  const std::string field = "Cpus_allowed_list:\t";
  const std::size_t begin = status.find(field) + field.size();
  return status.substr(begin, status.find('\n', begin) - begin);
}

}  // namespace

TEST_CASE("a sweep writes a record for each run, a summary and a table, and a second one has nothing to do") {
  TemporaryFolder folder;
  const std::filesystem::path results = folder.path() / "results" / "small";
  write_file(folder.path() / "spec.json", spec_text);
  const Outcome first = run_program(folder.path(), sweep_arguments());
  CAPTURE(first.error);
  CHECK(first.status == 0);
  CHECK(equal(records_of(results), reference_records()));
  CHECK(contains(first.out, "layer"));
  CHECK(contains(first.error, "6/6 "));
  CHECK(count_files(results / "checkpoints") == 0);
  CHECK(std::filesystem::exists(results / "summary.csv"));
  const auto before = files_below(results);
  const Outcome second = run_program(folder.path(), sweep_arguments());
  CHECK(second.status == 0);
  CHECK(contains(second.error, "6 of 6 runs are finished already"));
  CHECK(second.out == first.out);
  CHECK(files_below(results) == before);
}

TEST_CASE("jobs side by side give the records that one after the other gives") {
  if (normlab::available_cores().size() < 2) return;
  TemporaryFolder folder;
  write_file(folder.path() / "spec.json", spec_text);
  CHECK(run_program(folder.path(), sweep_arguments({"--jobs", "2"})).status == 0);
  CHECK(equal(records_of(folder.path() / "results" / "small"), reference_records()));
}

TEST_CASE("a sweep that is killed at any moment continues to the same records") {
  TemporaryFolder folder;
  const std::filesystem::path results = folder.path() / "results" / "small";
  write_file(folder.path() / "spec.json", spec_text);
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
  write_file(folder.path() / "spec.json", spec_text);
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
  write_file(folder.path() / "spec.json", spec_text);
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
  write_file(folder.path() / "spec.json", spec_text);
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

TEST_CASE("combinations without a meaning are recorded with their reason, and are no failure") {
  TemporaryFolder folder;
  write_file(folder.path() / "spec.json",
             R"({"name": "small", "base": {"dataset": "synthetic", "budget": {"steps": 2}},
                                            "grid": {"norm": ["instance", "layer"]}})");
  const Outcome outcome = run_program(folder.path(), sweep_arguments());
  CHECK(outcome.status == 0);
  int undefined = 0;
  for (const auto& [file, record] : records_of(folder.path() / "results" / "small")) {
    if (record["status"] != "undefined") continue;
    ++undefined;
    CHECK(contains(record["reason"].get<std::string>(), "instance"));
  }
  CHECK(undefined == 1);
}

TEST_CASE("sweeps side by side give their runs different cores, named for normlab and the run") {
  if (normlab::available_cores().size() < 2) return;
  TemporaryFolder folder;
  const SharedRuntimeFolder shared(folder.path() / "cores");
  write_file(folder.path() / "spec.json", spec_text);
  const std::vector<std::string> endless = {
      "sweep", "spec.json", "--jobs", "1", "--set", "budget.epochs=100000", "--out"};
  std::vector<std::unique_ptr<Program>> sweeps;
  std::set<std::string> cores;
  for (const std::string out : {"a", "b"}) {
    std::vector<std::string> arguments = endless;
    arguments.push_back(out);
    sweeps.push_back(std::make_unique<Program>(folder.path(), arguments));
    std::vector<pid_t> children;
    REQUIRE(wait_until([&] {
      children = children_of(sweeps.back()->process());
      return !children.empty() && contains(read_file(process_file(children[0], "cmdline")), "run-child");
    }));
    REQUIRE(wait_until([&] { return read_file(process_file(children[0], "comm")) == "normlab\n"; }));
    CHECK(contains(read_file(process_file(children[0], "cmdline")), "mlp-"));
    cores.insert(allowed_cores(children[0]));
  }
  CHECK(cores.size() == 2);
  for (const auto& sweep : sweeps) sweep->send(SIGTERM);
  for (const auto& sweep : sweeps) CHECK(sweep->wait().status == 130);
  for (const char* out : {"a", "b"}) {
    for (const auto& entry : std::filesystem::directory_iterator(folder.path() / out / "runs")) {
      const json environment = json::parse(read_file(entry.path()))["environment"];
      CHECK(cores.contains(environment["pinned_cores"][0].dump()));
      CHECK(environment["jobs"] == 1);
    }
  }
}

TEST_CASE("a sweep waits while every core is held, and says by what") {
  TemporaryFolder folder;
  const SharedRuntimeFolder shared(folder.path() / "cores");
  write_file(folder.path() / "spec.json", spec_text);
  std::string seeds = "seed=1";
  for (std::size_t i = 2; i <= normlab::available_cores().size(); ++i) seeds += "," + std::to_string(i);
  const std::vector<std::string> endless = {"sweep", "spec.json", "--set", "budget.epochs=100000",
                                            "--set", seeds};
  Program first(folder.path(), endless);
  REQUIRE(
      wait_until([&] { return children_of(first.process()).size() == normlab::available_cores().size(); }));
  Program second(folder.path(), sweep_arguments({"--out", "second"}));
  REQUIRE(wait_until([&] { return contains(second.error_so_far(), "waiting for a core; core "); }));
  CHECK(contains(second.error_so_far(), "is held by mlp-"));
  CHECK(children_of(second.process()).empty());
  // A run on its own does not wait, and says what that means.
  const Outcome run = run_program(folder.path(), quick_run({"--out", "r.json"}));
  CHECK(run.status == 0);
  CHECK(contains(run.error, "times may suffer from other runs, as no core is free: core "));
  CHECK(json::parse(read_file(folder.path() / "r.json"))["environment"]["pinned_cores"] == json::array());
  first.send(SIGTERM);
  CHECK(first.wait().status == 130);
  CHECK(second.wait().status == 0);
  CHECK(equal(records_of(folder.path() / "second"), reference_records()));
}

TEST_CASE("two sweeps never share a folder") {
  TemporaryFolder folder;
  write_file(folder.path() / "spec.json", spec_text);
  Program first(folder.path(), sweep_arguments({"--set", "budget.epochs=100000"}));
  REQUIRE(wait_until([&] { return !children_of(first.process()).empty(); }));
  const Outcome second = run_program(folder.path(), sweep_arguments({"--set", "budget.epochs=100000"}));
  CHECK(second.status == 2);
  CHECK(contains(second.error, "another sweep is working"));
  first.send(SIGTERM);
  CHECK(first.wait().status == 130);
}

TEST_CASE(
    "a disk that is full while a record is written leaves what was complete, and nothing half-written") {
  TemporaryFolder folder;
  // Smaller than a record, and than a checkpoint.
  Program program(folder.path(), quick_run({"--out", "r.json"}), 512);
  const Outcome outcome = program.wait();
  CAPTURE(outcome.error);
  CHECK(outcome.status == 1);
  CHECK(outcome.out.empty());
  CHECK(contains(outcome.error, "r.json"));
  CHECK(files_below(folder.path()).empty());
  // What is there before stays as it is.
  REQUIRE(run_program(folder.path(), quick_run({"--out", "r.json"})).status == 0);
  const auto before = files_below(folder.path());
  CHECK(Program(folder.path(), quick_run({"--out", "r.json", "--again"}), 512).wait().status == 1);
  CHECK(files_below(folder.path()) == before);
}

TEST_CASE("a disk that is full while a checkpoint is written ends the run, and the checkpoint before stays") {
  TemporaryFolder folder;
  const std::vector<std::string> arguments =
      quick_run({"--batch-size", "2", "--epochs", "400", "--out", "r.json", "--checkpoint-seconds", "0.01"});
  Program program(folder.path(), arguments);
  const std::filesystem::path checkpoint = folder.path() / "r.checkpoint";
  REQUIRE(wait_until([&] { return std::filesystem::exists(checkpoint); }));
  program.send(SIGKILL);
  program.wait();
  const std::string before = read_file(checkpoint);
  const Outcome outcome = Program(folder.path(), arguments, 4096).wait();
  CAPTURE(outcome.error);
  CHECK(outcome.status == 1);
  CHECK(read_file(checkpoint) == before);
}

TEST_CASE("a sweep on a full disk keeps what was complete and finishes once there is room") {
  TemporaryFolder folder;
  const std::filesystem::path disk = folder.path() / "disk";
  std::filesystem::create_directory(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1m") != 0) return;  // needs root
  write_file(folder.path() / "spec.json", spec_text);
  // Leaves room for the first records, not for six.
  write_file(disk / "filler", std::string((1024 - 36) * 1024, 'x'));
  const Outcome full =
      run_program(folder.path(), {"sweep", "spec.json", "--out", "disk/results", "--jobs", "1"});
  CAPTURE(full.error);
  CHECK(full.status == 1);
  const std::map<std::string, json> kept = records_of(disk / "results");
  CHECK(kept.size() < 6);
  CHECK_FALSE(kept.empty());
  for (const auto& [file, record] : kept) {
    if (record["status"] != "failed") CHECK(equal(record, reference_records().at(file)));
  }
  std::filesystem::remove(disk / "filler");
  const Outcome outcome = run_program(folder.path(), {"sweep", "spec.json", "--out", "disk/results"});
  CHECK(outcome.status == 0);
  CHECK(equal(records_of(disk / "results"), reference_records()));
  ::umount(disk.c_str());
}
