// Files that something damaged, and files that are somebody else's: the program as a whole.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/program.h"

using namespace normlab::testing;
using nlohmann::json;
namespace filesystem = std::filesystem;

namespace {

std::string spec_text(const std::string& norms, int steps) {
  return R"({"name": "s", "base": {"dataset": {"name": "synthetic", "train_limit": 200, "validation_limit": 100, "test_limit": 100}, "model": {"hidden": [8]},
    "evaluate_every": 50, "budget": {"steps": )" +
         std::to_string(steps) + R"(}}, "grid": {"norm": )" + norms + "}}";
}

std::vector<filesystem::path> records_in(const filesystem::path& results) {
  std::vector<filesystem::path> files;
  for (const auto& entry : filesystem::directory_iterator(results / "runs"))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

json numbers_of(const filesystem::path& file) {
  const json record = json::parse(read_file(file));
  json numbers = json::array({record["status"], record["test"]});
  for (const json& e : record["evaluations"]) numbers.push_back({e["step"], e["train"], e["validation"]});
  return numbers;
}

std::vector<std::string> long_run(const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments = quick_run({"--batch-size", "2", "--epochs", "30", "--evaluate-every",
                                                  "5", "--checkpoint-seconds", "0.01", "--out", "r.json"});
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

pid_t child_of(pid_t parent) {
  const std::string process = std::to_string(parent);
  std::ifstream list("/proc/" + process + "/task/" + process + "/children");
  pid_t child = 0;
  list >> child;
  return child;
}

// Starts the run or sweep and kills it once it has a checkpoint.
void leave_checkpoint(const filesystem::path& folder, const filesystem::path& checkpoint,
                      const std::vector<std::string>& arguments) {
  Program program(folder, arguments);
  REQUIRE(wait_until([&] { return filesystem::exists(checkpoint); }));
  const pid_t child = child_of(program.process());
  program.send(SIGKILL);
  program.wait();
  // Asked to stop by its parent's end, it writes one more checkpoint.
  if (child > 0) REQUIRE(wait_until([&] { return ::kill(child, 0) != 0; }));
}

}  // namespace

TEST_CASE(
    "of two sweeps started at once with different specs into one new folder one wins, the other is refused") {
  for (int round = 0; round < 4; ++round) {
    TemporaryFolder folder;
    write_file(folder.path() / "a.json", spec_text(R"(["none", "layer"])", 20));
    write_file(folder.path() / "b.json", spec_text(R"(["batch", "rms", "weight"])", 20));
    Program first(folder.path(), {"sweep", "a.json", "--out", "out"});
    Program second(folder.path(), {"sweep", "b.json", "--out", "out"});
    const Outcome a = first.wait(), b = second.wait();
    CAPTURE(a.error);
    CAPTURE(b.error);
    CHECK(a.status + b.status == 2);
    const Outcome& loser = a.status == 2 ? a : b;
    CHECK(loser.status == 2);
    CHECK(contains(loser.error, "out: "));
    CHECK(records_in(folder.path() / "out").size() == (a.status == 0 ? 2 : 3));
  }
}

TEST_CASE("a sweep runs again what only looks like a record, and keeps the file") {
  TemporaryFolder folder;
  write_file(folder.path() / "s.json", spec_text(R"(["none", "layer"])", 20));
  REQUIRE(run_program(folder.path(), {"sweep", "s.json", "--out", "out"}).status == 0);
  const filesystem::path results = folder.path() / "out", file = records_in(results)[0];
  const json whole = numbers_of(file);
  json claim = json::parse(read_file(file));
  claim.erase("evaluations");
  write_file(file, claim.dump());
  write_file(results / "runs" / "stray.json", "{}");
  const Outcome report = run_program(folder.path(), {"report", "out"});
  CHECK(report.status == 0);
  CHECK(contains(report.out + report.error,
                 file.filename().string() + " was passed over: it has no evaluations"));
  CHECK(contains(report.out + report.error, "stray.json was passed over"));
  CHECK(contains(report.out + report.error, "1 of 2 runs have no record"));
  const Outcome again = run_program(folder.path(), {"sweep", "s.json", "--out", "out"});
  CHECK(again.status == 0);
  CHECK(contains(again.error, "it has no evaluations"));
  CHECK(numbers_of(file) == whole);
  CHECK(read_file(file.string() + ".damaged-1") == claim.dump());
  CHECK(read_file(results / "runs" / "stray.json") == "{}");
}

TEST_CASE("a record counts for a sweep as it does for a report, whatever else it holds") {
  TemporaryFolder folder;
  write_file(folder.path() / "s.json", spec_text(R"(["none", "layer"])", 20));
  REQUIRE(run_program(folder.path(), {"sweep", "s.json", "--out", "out"}).status == 0);
  const filesystem::path file = records_in(folder.path() / "out")[0];
  json record = json::parse(read_file(file));
  for (int i = 0; i < 30'000; ++i) record["notes"][std::to_string(i)] = i;
  write_file(file, record.dump());
  CHECK(run_program(folder.path(), {"report", "out"}).status == 0);
  const Outcome again = run_program(folder.path(), {"sweep", "s.json", "--out", "out"});
  CAPTURE(again.error);
  CHECK(again.status == 0);
  CHECK(contains(again.error, "2 of 2 runs are finished already"));
  CHECK(read_file(file) == record.dump());
}

TEST_CASE("a sweep takes no record's word that a run has no meaning") {
  TemporaryFolder folder;
  write_file(folder.path() / "s.json", spec_text(R"(["none", "layer"])", 20));
  REQUIRE(run_program(folder.path(), {"sweep", "s.json", "--out", "out"}).status == 0);
  const filesystem::path file = records_in(folder.path() / "out")[0];
  const json whole = numbers_of(file);
  json record = json::parse(read_file(file));
  record["status"] = "undefined";
  record["reason"] = "no";
  write_file(file, record.dump());
  CHECK(contains(run_program(folder.path(), {"sweep", "s.json", "--out", "out", "--dry-run"}).error,
                 "1 of them are finished already"));
  const Outcome again = run_program(folder.path(), {"sweep", "s.json", "--out", "out"});
  CHECK(again.status == 0);
  CHECK(contains(again.error, "its status is undefined, and the run is defined; the run is done again"));
  CHECK(numbers_of(file) == whole);
}

TEST_CASE("a report names every file that it does not count, also when none is left") {
  TemporaryFolder folder;
  write_file(folder.path() / "s.json", spec_text(R"(["none", "layer"])", 20));
  REQUIRE(run_program(folder.path(), {"sweep", "s.json", "--out", "out"}).status == 0);
  const std::vector<filesystem::path> files = records_in(folder.path() / "out");
  for (const filesystem::path& file : files) filesystem::remove(file);
  const Outcome begun = run_program(folder.path(), {"report", "out"});
  CHECK(begun.status == 0);
  CHECK(contains(begun.out, "no run has ended yet"));
  const Outcome table = run_program(folder.path(), {"report", "out", "--format", "csv"});
  CHECK(table.out.starts_with("model,norm,"));
  CHECK(contains(table.error, "no run has ended yet"));  // a table of numbers has no place for it
  for (const filesystem::path& file : files) write_file(file, "{}");
  const Outcome report = run_program(folder.path(), {"report", "out"});
  CHECK(report.status == 2);
  CHECK(report.out.empty());
  for (const filesystem::path& file : files)
    CHECK(contains(report.error, file.filename().string() + " was passed over: it has no schema"));
  CHECK(contains(report.error, "at least one run record"));
}

TEST_CASE("a spec that stands where the results' own would go is refused, and stays") {
  TemporaryFolder folder;
  filesystem::create_directory(folder.path() / "exp");
  write_file(folder.path() / "exp" / "sweep.json", spec_text(R"(["none"])", 5));
  check_refused(folder.path(), {"sweep", "exp/sweep.json", "--out", "exp"},
                {"out: \"exp\"", "the spec itself"});
  check_refused(folder.path(), {"sweep", "exp/sweep.json", "--out", "exp/.", "--dry-run"},
                {"the spec itself"});
}

TEST_CASE("warnings shorten the names of files") {
  TemporaryFolder folder;
  const std::string out = std::string(120, 'a') + "/" + std::string(120, 'b');
  write_file(folder.path() / "s.json", spec_text(R"(["none"])", 5));
  REQUIRE(run_program(folder.path(), {"sweep", "s.json", "--out", out}).status == 0);
  write_file(folder.path() / out / "sweep.json", "{");
  write_file(records_in(folder.path() / out)[0], "{}");
  ::setenv("NORMLAB_RUNTIME_DIR", (folder.path() / std::string(200, 'c')).c_str(), 1);
  write_file(folder.path() / std::string(200, 'c'), "a file");
  const Outcome outcome = run_program(folder.path(), {"sweep", "s.json", "--out", out});
  ::unsetenv("NORMLAB_RUNTIME_DIR");
  CAPTURE(outcome.error);
  CHECK(outcome.status == 0);
  CHECK(contains(outcome.error, "sweep.json is damaged and set aside as sweep.json.damaged-1"));
  CHECK(contains(outcome.error, "because it has no schema"));
  CHECK(contains(outcome.error, "cannot be opened as a folder"));
  for (const char letter : {'a', 'b', 'c'}) CHECK_FALSE(contains(outcome.error, std::string(90, letter)));
}

TEST_CASE("a sweep goes on after a flipped bit in a checkpoint and a cut sweep.json, with the same numbers") {
  TemporaryFolder folder;
  write_file(folder.path() / "s.json", spec_text(R"(["layer"])", 8000));
  const std::vector<std::string> arguments{"sweep", "s.json", "--out", "out", "--checkpoint-seconds", "0.01"};
  REQUIRE(run_program(folder.path(), arguments).status == 0);
  const filesystem::path results = folder.path() / "out", file = records_in(results)[0];
  const json whole = numbers_of(file);
  filesystem::remove(file);
  const filesystem::path checkpoint = results / "checkpoints" / (file.stem().string() + ".checkpoint");
  leave_checkpoint(folder.path(), checkpoint, arguments);
  std::string content = read_file(checkpoint);
  content[content.size() - 3] = static_cast<char>(content[content.size() - 3] ^ 4);
  write_file(checkpoint, content);
  write_file(results / "sweep.json", read_file(results / "sweep.json").substr(0, 30));
  const Outcome outcome = run_program(folder.path(), arguments);
  CAPTURE(outcome.error);
  CHECK(outcome.status == 0);
  CHECK(contains(outcome.error, "sweep.json is damaged and set aside"));
  CHECK(contains(outcome.error, checkpoint.filename().string() + ".damaged-1"));
  CHECK(numbers_of(file) == whole);
  CHECK(read_file(checkpoint.string() + ".damaged-1") == content);
}

TEST_CASE("a run sets a damaged checkpoint aside, and never touches a file that was none") {
  TemporaryFolder folder;
  const filesystem::path checkpoint = folder.path() / "r.checkpoint";
  REQUIRE(run_program(folder.path(), long_run()).status == 0);
  const json whole = numbers_of(folder.path() / "r.json");
  filesystem::remove(folder.path() / "r.json");
  leave_checkpoint(folder.path(), checkpoint, long_run());
  write_file(checkpoint, read_file(checkpoint).substr(0, 100));
  const Outcome outcome = run_program(folder.path(), long_run());
  CHECK(outcome.status == 0);
  CHECK(contains(outcome.error, "r.checkpoint.damaged-1"));
  CHECK(numbers_of(folder.path() / "r.json") == whole);
  write_file(folder.path() / "notes.txt", "somebody's notes");
  filesystem::remove(folder.path() / "r.json");
  const auto before = files_below(folder.path());
  const Outcome refused = run_program(folder.path(), long_run({"--checkpoint", "notes.txt"}));
  CHECK(refused.status == 2);
  CHECK(contains(refused.error, "no checkpoint of normlab"));
  CHECK(files_below(folder.path()) == before);
}

TEST_CASE("a run that has ended shows its record, and is repeated only when asked") {
  TemporaryFolder folder;
  REQUIRE(run_program(folder.path(), quick_run({"--out", "r.json"})).status == 0);
  const std::string before = read_file(folder.path() / "r.json");
  const Outcome shown = run_program(folder.path(), quick_run({"--out", "r.json"}));
  CHECK(shown.status == 0);
  CHECK(contains(shown.error, "the run has ended"));
  CHECK(shown.out == run_program(folder.path(), {"show", "r.json"}).out);
  CHECK(read_file(folder.path() / "r.json") == before);
  CHECK(run_program(folder.path(), quick_run({"--out", "r.json", "--again"})).status == 0);
  CHECK(read_file(folder.path() / "r.json") != before);  // its times
  // A claim without evidence does not count as the end.
  json claim = json::parse(before);
  claim.erase("test");
  write_file(folder.path() / "r.json", claim.dump());
  const Outcome repeated = run_program(folder.path(), quick_run({"--out", "r.json"}));
  CHECK(contains(repeated.error, "r.json.damaged-1"));
  CHECK(json::parse(read_file(folder.path() / "r.json")).contains("test"));
}

TEST_CASE("a run sets aside what is damaged in its record's own place, and is done again") {
  TemporaryFolder folder;
  REQUIRE(run_program(folder.path(), quick_run()).status == 0);
  const filesystem::path runs = folder.path() / "results" / "runs";
  const filesystem::path file = records_in(folder.path() / "results").at(0);
  const json whole = numbers_of(file);
  const std::vector<std::string> damaged{read_file(file).substr(0, 300), "", R"({"id": "another"})"};
  for (std::size_t i = 0; i < damaged.size(); ++i) {
    write_file(file, damaged[i]);
    const Outcome again = run_program(
        folder.path(), quick_run(i == 0 ? std::vector<std::string>{"--again"} : std::vector<std::string>{}));
    CAPTURE(again.error);
    CHECK(again.status == 0);
    CHECK(contains(again.error, "json.damaged-" + std::to_string(i + 1) + ", because it"));
    CHECK(contains(again.error, "; the run is done again"));
    CHECK_FALSE(contains(again.error, ".; the run is done again"));
    CHECK(read_file(file.string() + ".damaged-" + std::to_string(i + 1)) == damaged[i]);
    CHECK(numbers_of(file) == whole);
  }
  write_file(folder.path() / "r.json", damaged[0]);
  check_refused(folder.path(), quick_run({"--out", "r.json"}), {"out: \"r.json\"", "is not the record of"});
}

TEST_CASE("a run removes what it left half-written when it was killed") {
  TemporaryFolder folder;
  const std::string killed = ".2000000001.partial";  // no process has that number
  for (const char* name : {"r.json", "r.checkpoint", "p.safetensors", "other.json"})
    write_file(folder.path() / (name + killed), "half");
  const Outcome outcome =
      run_program(folder.path(), quick_run({"--out", "r.json", "--save-parameters", "p.safetensors"}));
  CHECK(outcome.status == 0);
  for (const char* name : {"r.json", "r.checkpoint", "p.safetensors"})
    CHECK_FALSE(filesystem::exists(folder.path() / (name + killed)));
  CHECK(filesystem::exists(folder.path() / ("other.json" + killed)));
  // The half-written file of a long name has the beginning of it.
  write_file(folder.path() / (std::string(200, 'n') + killed), "half");
  CHECK(run_program(folder.path(), quick_run({"--out", std::string(240, 'n') + ".json"})).status == 0);
  CHECK_FALSE(filesystem::exists(folder.path() / (std::string(200, 'n') + killed)));
}

TEST_CASE("what a record says of its norm alone is not in the way of another norm") {
  TemporaryFolder folder;
  REQUIRE(run_program(folder.path(), quick_run({"--norm", "layer", "--out", "layer.json"})).status == 0);
  REQUIRE(run_program(folder.path(), quick_run({"--norm", "batch", "--out", "batch.json"})).status == 0);
  const Outcome changed = run_program(
      folder.path(), {"run", "--config", "batch.json", "--norm", "layer", "--out", "changed.json"});
  CAPTURE(changed.error);
  CHECK(changed.status == 0);
  CHECK(numbers_of(folder.path() / "changed.json") == numbers_of(folder.path() / "layer.json"));
  // What the shell says counts, and what this version does not know is no leftover.
  const auto refused = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--out", "refused.json"});
    return run_program(folder.path(), arguments).error;
  };
  CHECK(contains(refused({"run", "--config", "batch.json", "--norm", "layer", "--set", "norm.momentum=0.2"}),
                 "norm.momentum: unknown setting of layer"));
  json newer = json::parse(read_file(folder.path() / "batch.json"));
  newer["config"]["norm"]["future"] = 1;
  write_file(folder.path() / "newer.json", newer.dump());
  CHECK(contains(refused({"run", "--config", "newer.json"}), "norm.future: unknown setting"));
}

TEST_CASE("a record is a config, and a results folder's sweep.json a spec") {
  TemporaryFolder folder;
  REQUIRE(run_program(folder.path(), quick_run({"--norm", "layer", "--out", "r.json"})).status == 0);
  const Outcome same = run_program(folder.path(), {"run", "--config", "r.json", "--out", "again.json"});
  CAPTURE(same.error);
  CHECK(same.status == 0);
  CHECK(numbers_of(folder.path() / "again.json") == numbers_of(folder.path() / "r.json"));
  write_file(folder.path() / "s.json", spec_text(R"(["none", "layer"])", 5));
  REQUIRE(run_program(folder.path(), {"sweep", "s.json", "--out", "out"}).status == 0);
  const Outcome sweep = run_program(folder.path(), {"sweep", "out/sweep.json", "--out", "out"});
  CHECK(sweep.status == 0);
  CHECK(contains(sweep.error, "2 of 2 runs are finished already"));
  CHECK_FALSE(contains(sweep.error, "other runs"));
  json other = json::parse(read_file(folder.path() / "out" / "sweep.json"));
  other["runs"][0] = "mlp-none-b32-s1-00000000";
  write_file(folder.path() / "other.json", other.dump());
  CHECK(contains(run_program(folder.path(), {"sweep", "other.json", "--dry-run"}).error, "lists other runs"));
}

TEST_CASE("a sweep saves the parameters of every run, with what they are of") {
  TemporaryFolder folder;
  write_file(folder.path() / "s.json", spec_text(R"(["none", "layer"])", 5));
  REQUIRE(run_program(folder.path(), {"sweep", "s.json", "--out", "out", "--save-parameters"}).status == 0);
  for (const filesystem::path& record : records_in(folder.path() / "out")) {
    const std::string id = record.stem().string();
    const std::string file = read_file(folder.path() / "out" / "parameters" / (id + ".safetensors"));
    CHECK(contains(file, "\"id\":\"" + id + "\""));
    CHECK(contains(file, "\"normlab\":\""));
    CHECK(contains(file, "\"config\":\"{"));
  }
  filesystem::remove_all(folder.path() / "out" / "parameters");
  const Outcome later = run_program(folder.path(), {"sweep", "s.json", "--out", "out", "--save-parameters"});
  CHECK(later.status == 0);
  CHECK(contains(later.error, "2 of 2 runs had ended without their parameters saved"));
}

TEST_CASE("what a killed run had found stays in its record") {
  TemporaryFolder folder;
  write_file(folder.path() / "s.json", spec_text(R"(["layer"])", 1'000'000'000));
  Program program(folder.path(), {"sweep", "s.json", "--out", "out"});
  filesystem::path log;
  REQUIRE(wait_until([&] {
    std::error_code ignored;
    for (const auto& entry : filesystem::directory_iterator(folder.path() / "out" / "checkpoints", ignored))
      if (entry.path().extension() == ".evaluations") log = entry.path();
    return !log.empty() && contains(read_file(log), "}\n{");
  }));
  const pid_t child = child_of(program.process());
  REQUIRE(child > 0);
  ::kill(child, SIGKILL);
  CHECK(program.wait().status == 1);
  const json record = json::parse(read_file(records_in(folder.path() / "out").at(0)));
  CHECK(record["status"] == "failed");
  REQUIRE(record["evaluations"].size() > 0);
  CHECK(record["evaluations"][0]["validation"].contains("error"));
  CHECK(run_program(folder.path(), {"report", "out"}).status == 0);
  CHECK(
      run_program(folder.path(), {"show", "out/runs/" + record["id"].get<std::string>() + ".json"}).status ==
      0);
}
