// How often records are read: once, by whatever needs them.
#include <doctest/doctest.h>

#include "cli/program.h"
#include "opened_files.h"

using namespace normlab::testing;

namespace {

const char* const three_runs = R"({"name": "three",
  "base": {"dataset": {"name": "synthetic", "train_limit": 200, "validation_limit": 100, "test_limit": 100}, "model": {"name": "mlp", "hidden": [8]},
           "budget": {"steps": 3}},
  "grid": {"norm": ["none", "layer", "instance"]}})";

// How often the program opens the records of runs/, by their names.
std::map<std::string, int> reads_of_records(const std::filesystem::path& folder,
                                            const std::vector<std::string>& arguments) {
  OpenedFiles opened(folder / "runs");
  const Outcome outcome = run_program(folder, arguments);
  CAPTURE(outcome.error);
  CHECK(outcome.status == 0);
  std::map<std::string, int> counts = opened.counts();
  std::erase_if(counts, [](const auto& count) { return !count.first.ends_with(".json"); });
  return counts;
}

void check_read_once(const std::filesystem::path& folder, const std::vector<std::string>& arguments) {
  CAPTURE(arguments);
  const std::map<std::string, int> counts = reads_of_records(folder, arguments);
  CHECK(counts.size() == 3);
  for (const auto& entry : std::filesystem::directory_iterator(folder / "runs")) {
    const std::string name = entry.path().filename();
    CAPTURE(name);
    CHECK((counts.contains(name) ? counts.at(name) : 0) == 1);
  }
}

}  // namespace

TEST_CASE("a sweep reads the record of each run once, when the run ends or when it goes on") {
  TemporaryFolder folder;
  write_file(folder.path() / "spec.json", three_runs);
  std::filesystem::create_directory(folder.path() / "runs");
  std::vector<std::string> sweep{"sweep", "spec.json", "--out", "."};
  check_read_once(folder.path(), sweep);
  check_read_once(folder.path(), sweep);
  std::filesystem::remove(folder.path() / "sweep.json");
  check_read_once(folder.path(), sweep);
  sweep.push_back("--save-parameters");
  check_read_once(folder.path(), sweep);
}

TEST_CASE("a run that has ended is shown from one reading of its record") {
  TemporaryFolder folder;
  const std::vector<std::string> run = quick_run({"--out", "runs/r.json"});
  const Outcome first = run_program(folder.path(), run);
  CHECK(first.status == 0);
  CHECK(reads_of_records(folder.path(), run) == std::map<std::string, int>{{"r.json", 1}});
  CHECK(run_program(folder.path(), run).out == first.out);
}
