// Reports and shown records as a whole, against texts that were read through once. After a wanted change,
//     NORMLAB_WRITE_EXPECTED=1 build/release/tests/analysis_tests --test-case='*as it was*'
// writes them again; look at the difference before it is committed.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <vector>

#include "normlab/analysis/build_report.h"
#include "normlab/analysis/export/format.h"
#include "normlab/analysis/show.h"
#include "normlab/records/run_id.h"
#include "synthetic_records.h"

namespace normlab {
namespace {

using json = nlohmann::json;

void check_as_it_was(const std::string& name, const std::string& text) {
  const std::string file = fmt::format("{}/expected_{}", NORMLAB_TEST_DATA, name);
  if (std::getenv("NORMLAB_WRITE_EXPECTED") != nullptr) std::ofstream(file, std::ios::binary) << text;
  std::ostringstream expected;
  expected << std::ifstream(file, std::ios::binary).rdbuf();
  INFO("expected, in " << file << ":\n" << expected.str() << "\nfound:\n" << text);
  CHECK(text == expected.str());
}

json with_rate(const SyntheticRun& run, double rate) {
  json record = synthetic_record(run);
  record["config"]["optimizer"]["learning_rate"] = rate;
  return record;
}

// Every status, two rates of one model, a setting that the models differ in, a run without a record.
std::vector<json> records_of_everything() {
  std::vector<json> records;
  for (const unsigned seed : {1U, 2U, 3U}) {
    const double epochs = 2 + seed;
    records.push_back(with_rate({.norm = "layer", .seed = seed, .epochs_to_target = epochs}, 0.01));
    records.push_back(with_rate({.norm = "layer", .seed = seed, .epochs_to_target = epochs / 2}, 0.5));
    records.push_back(with_rate({.norm = "batch",
                                 .batch_size = 4,
                                 .seed = seed,
                                 .status = seed == 1 ? "diverged" : "missed_target",
                                 .test_error = 0.25},
                                0.01));
    json lstm = with_rate({.model = "lstm", .norm = "none", .seed = seed, .step_seconds = 0.02}, 0.01);
    lstm["config"]["clip_gradient_norm"] = 1.5;
    if (seed == 2) lstm["time_warnings"] = {"the training clock says 3 s for 1 s of steps"};
    records.push_back(lstm);
  }
  records.push_back(with_rate({.norm = "batch", .batch_size = 1, .status = "undefined"}, 0.01));
  records.push_back(with_rate({.norm = "none", .batch_size = 128, .status = "failed"}, 0.01));
  records.push_back(with_rate({.norm = "none", .batch_size = 64, .status = "interrupted"}, 0.01));
  return records;
}

json spec_of(const std::vector<json>& records) {
  json runs = {"mlp-layer-b32-s9-00000000"};
  for (const json& record : records) runs.push_back(id_of_config(record["config"]));
  return {{"schema", "normlab.sweep/1"},
          {"name", "everything"},
          {"description", "What a report can hold."},
          {"grid", {{"model", {"mlp", "lstm"}}}},
          {"runs", runs}};
}

}  // namespace

TEST_CASE("a report of everything is as it was, in every form") {
  const std::vector<json> records = records_of_everything();
  SyntheticSweep sweep(spec_of(records));
  for (const json& record : records) sweep.add(record);
  const Report report = build_report(sweep.folder());
  for (const auto& [format, name] : {std::pair{"table", "report.txt"},
                                     {"markdown", "report.md"},
                                     {"csv", "report.csv"},
                                     {"json", "report.json"}}) {
    check_as_it_was(name, render_report(report, format));
  }
}

TEST_CASE("a report without targets is as it was") {
  SyntheticSweep sweep;
  for (const unsigned seed : {1U, 2U}) {
    sweep.add(synthetic_record({.norm = "rms",
                                .seed = seed,
                                .status = "finished",
                                .target = std::nullopt,
                                .test_error = 0.1 * seed,
                                .text_task = true}));
  }
  check_as_it_was("report_without_targets.txt", render_report(build_report(sweep.folder()), "table"));
}

TEST_CASE("shown records are as they were") {
  check_as_it_was("show_reached.txt", render_record(synthetic_record({.norm = "batch"})));
  check_as_it_was("show_text.txt",
                  render_record(synthetic_record(
                      {.model = "lstm", .status = "finished", .target = std::nullopt, .text_task = true})));
  check_as_it_was("show_diverged.txt",
                  render_record(synthetic_record({.model = "cnn", .status = "diverged"})));
  check_as_it_was("show_failed.txt", render_record(synthetic_record({.status = "failed"})));
}

}  // namespace normlab
