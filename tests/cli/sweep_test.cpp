// Sweeps as processes: their records, also of runs side by side. What is compared is everything but the
// times.
#include <doctest/doctest.h>

#include "cli/small_sweep.h"
#include "normlab/experiment/process/cores.h"

using namespace normlab::testing;

TEST_CASE("a sweep writes a record for each run, a summary and a table, and a second one has nothing to do") {
  TemporaryFolder folder;
  const std::filesystem::path results = folder.path() / "results" / "small";
  write_file(folder.path() / "spec.json", small_sweep_spec);
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
  write_file(folder.path() / "spec.json", small_sweep_spec);
  CHECK(run_program(folder.path(), sweep_arguments({"--jobs", "2"})).status == 0);
  CHECK(equal(records_of(folder.path() / "results" / "small"), reference_records()));
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
