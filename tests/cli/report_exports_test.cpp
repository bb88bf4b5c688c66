// What `normlab report` writes beside what it prints.
#include <doctest/doctest.h>

#include <algorithm>

#include "cli/program.h"

using namespace normlab::testing;

namespace {

const char* const spec =
    R"({"name": "small", "base": {"dataset": {"name": "synthetic", "train_limit": 200, "validation_limit": 100, "test_limit": 100},
        "model": {"name": "mlp", "hidden": [8]}, "budget": {"epochs": 2}, "track": "layers"},
        "grid": {"norm": ["none", "layer"]}})";

}  // namespace

TEST_CASE("a report writes tables and event files beside what it prints") {
  TemporaryFolder folder;
  write_file(folder.path() / "spec.json", spec);
  REQUIRE(run_program(folder.path(), {"sweep", "spec.json", "--out", "out"}).status == 0);
  const Outcome plain = run_program(folder.path(), {"report", "out"});
  const Outcome outcome =
      run_program(folder.path(), {"report", "out", "--tables", "tables/of it", "--tensorboard", "logs"});
  CAPTURE(outcome.error);
  CHECK(outcome.status == 0);
  CHECK(outcome.out == plain.out);
  CHECK(contains(outcome.error, "in tables/of it"));
  CHECK(contains(outcome.error, "in logs"));
  const auto lines = [&](const char* name) {
    const std::string text = read_file(folder.path() / "tables/of it" / name);
    return std::count(text.begin(), text.end(), '\n');
  };
  CHECK(lines("runs.csv") == 1 + 2);
  CHECK(lines("evaluations.csv") == 1 + 2 * 2);
  CHECK(lines("layers.csv") == 1 + 2 * (1 + 2) * 2);  // before the first step as well
  std::size_t event_files = 0;
  for (const auto& [name, content] : files_below(folder.path() / "logs"))
    event_files += name.ends_with("/events.out.tfevents.normlab");
  CHECK(event_files == 2);
}

TEST_CASE("a folder for tables that nothing can be written into is refused before anything is read") {
  TemporaryFolder folder;
  write_file(folder.path() / "file", "");
  check_refused(folder.path(), {"report", "absent", "--tables", "file"}, {"tables: \"file\""});
  check_refused(folder.path(), {"report", "absent", "--tensorboard", "file/below"},
                {"tensorboard: \"file/below\""});
  check_refused(folder.path(), {"report", "absent", "--tables", "new", "--tensorboard", "logs"},
                {"results: \"absent\""});
}
