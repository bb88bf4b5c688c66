#include "normlab/analysis/build_report.h"
#include "normlab/analysis/export/format.h"
#include "normlab/analysis/export/summary.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "files.h"
#include "normlab/core/error.h"
#include "synthetic_records.h"
#include "text.h"

using namespace normlab;
using testing::contains;
using testing::lines_of;
using testing::read_file;
using json = nlohmann::json;

namespace {

void add_quick_sweep(SyntheticSweep& sweep) {
  for (const char* model : {"mlp", "lstm", "cnn"}) {
    for (const char* norm : {"none", "batch", "layer"}) {
      for (const int batch_size : {4, 32, 128}) {
        sweep.add(synthetic_record({.model = model, .norm = norm, .batch_size = batch_size}));
      }
    }
  }
}

}  // namespace

TEST_CASE("medians and ranges are over seeds, a miss counting as infinite") {
  SyntheticSweep sweep;
  sweep.add(synthetic_record({.seed = 1, .epochs_to_target = 2}));
  sweep.add(synthetic_record({.seed = 2, .epochs_to_target = 4}));
  sweep.add(synthetic_record({.seed = 3, .status = "missed_target", .test_error = 0.2}));
  const Report report = build_report(sweep.folder());
  REQUIRE(report.rows.size() == 1);
  const ReportRow& row = report.rows[0];
  CHECK(row.runs == 3);
  CHECK(row.reached == 2);
  CHECK(row.missed == 1);
  REQUIRE(row.epochs);
  CHECK(row.epochs->median == 4);
  CHECK(row.epochs->minimum == 2);
  CHECK(row.epochs->maximum == not_reached);
  REQUIRE(row.steps);
  CHECK(row.steps->median == 6875);
  CHECK(row.train_seconds->median == doctest::Approx(6.875 * 1.05));
  CHECK(row.train_seconds_from_median_step->median == doctest::Approx(6.875));
  CHECK(row.best_validation->median == 0.12);
  CHECK(row.best_validation->maximum == doctest::Approx(0.141));
}

TEST_CASE("a diverged run counts as a miss and as worse than any test result") {
  SyntheticSweep sweep;
  sweep.add(synthetic_record({.seed = 1}));
  sweep.add(synthetic_record({.seed = 2, .status = "diverged"}));
  const ReportRow row = build_report(sweep.folder()).rows.at(0);
  CHECK(row.diverged == 1);
  CHECK(row.epochs->median == not_reached);
  CHECK(row.test->median == not_reached);
  REQUIRE(row.reasons.size() == 1);
  CHECK(row.reasons[0] == "diverged: at step 812 (seed 2)");
}

TEST_CASE("a report is made for another target than the runs had, from their evaluations") {
  SyntheticSweep sweep;
  sweep.add(synthetic_record({.seed = 1, .epochs_to_target = 2}));
  sweep.add(synthetic_record({.seed = 2, .status = "missed_target"}));  // errors 0.321, 0.221, 0.188 …
  RecordFiles files("validation.error<=0.2"), other("validation.bits<=0.2");
  const Report report = build_report(sweep.folder(), files);
  REQUIRE(report.rows.size() == 1);
  CHECK(report.rows[0].target == "validation.error<=0.2");
  CHECK(report.rows[0].reached == 2);
  CHECK(report.rows[0].epochs->maximum == 3);
  CHECK_THROWS_AS(build_report(sweep.folder(), other), RequestError);
}

TEST_CASE("failed, undefined and unfinished runs take part in no median and are told apart") {
  SyntheticSweep sweep;
  sweep.add(synthetic_record({.seed = 1, .epochs_to_target = 2}));
  sweep.add(synthetic_record({.seed = 2, .status = "failed"}));
  sweep.add(synthetic_record({.seed = 3, .status = "interrupted"}));
  sweep.add(synthetic_record({.norm = "batch", .batch_size = 1, .status = "undefined"}));
  const Report report = build_report(sweep.folder());
  REQUIRE(report.rows.size() == 2);
  CHECK(report.rows[0].epochs->count == 1);
  CHECK(report.rows[0].epochs->median == 2);
  CHECK(report.rows[0].failed == 1);
  CHECK(report.rows[0].unfinished == 1);
  CHECK(report.rows[1].undefined == 1);
  CHECK_FALSE(report.rows[1].epochs);
  const std::string table = render_report(report, "table");
  CHECK(contains(table, "1 of 4 runs are unfinished"));
  CHECK(contains(table, "1 of 4 runs failed"));
  CHECK(contains(table, "killed by signal 9 (seed 2)"));
  CHECK(contains(table, "undefined: batch norm needs at least 2 samples a batch"));
}

TEST_CASE("without a target everything counts to the end of the run") {
  SyntheticSweep sweep;
  sweep.add(synthetic_record({.status = "finished", .target = std::nullopt}));
  const Report report = build_report(sweep.folder());
  const ReportRow& row = report.rows.at(0);
  CHECK(row.extent == Extent::end_of_run);
  CHECK(row.finished == 1);
  CHECK(row.epochs->median == 10);
  CHECK(row.train_seconds_from_median_step->median == doctest::Approx(17.188));
  CHECK(contains(render_report(report, "table"), "no target was set"));
  CHECK(json::parse(render_report(report, "json"))["rows"][0]["target"].is_null());
}

TEST_CASE("text tasks report bits per character") {
  SyntheticSweep sweep;
  sweep.add(synthetic_record({.model = "lstm", .test_error = 0.5, .text_task = true}));
  const Report report = build_report(sweep.folder());
  CHECK(report.rows.at(0).test_metric == "bits_per_character");
  CHECK(report.rows.at(0).test->median == doctest::Approx(1.5 / 0.6931471805599453));
  CHECK(contains(render_report(report, "table"), "test bits per character"));
  CHECK(report.datasets == std::vector<std::string>{"text:kjv.txt"});
}

TEST_CASE("texts that are read as bytes report bits per byte") {
  SyntheticSweep sweep;
  sweep.add(synthetic_record({.model = "lstm", .text_task = true, .bits = "bits_per_byte"}));
  const Report report = build_report(sweep.folder());
  CHECK(report.rows.at(0).test_metric == "bits_per_byte");
  CHECK(contains(render_report(report, "table"), "test bits per byte"));
}

TEST_CASE("the table has one line a group, says what was trained, and stands in columns") {
  SyntheticSweep sweep(
      {{"name", "quick"}, {"description", "A first look."}, {"grid", {{"model", {"mlp", "lstm", "cnn"}}}}});
  add_quick_sweep(sweep);
  const Report report = build_report(sweep.folder());
  CHECK(report.rows.size() == 27);
  CHECK(report.warnings.empty());
  const std::string table = render_report(report, "table");
  CHECK(contains(table, "quick: A first look."));
  CHECK(contains(table, "mlp, lstm, cnn on fashion-mnist"));
  CHECK(contains(table, "validation.error<=0.12"));
  CHECK(contains(table, "Imaginary CPU, AVX2, 1 thread a run"));
  CHECK(contains(table, "normlab 0.1.0, oneDNN 2.6.3, compiler GNU 12.2.0"));
  std::size_t place = 0;
  Index rows = 0;
  for (const std::string& line : lines_of(table)) {
    const std::size_t reached = line.find("1/1");
    if (reached == std::string::npos) continue;
    if (rows++ == 0) place = reached;
    CHECK(reached == place);
  }
  CHECK(rows == 27);
}

TEST_CASE("a target that all runs miss is not reached in tables and null in JSON") {
  SyntheticSweep sweep;
  sweep.add(synthetic_record({.status = "missed_target"}));
  sweep.add(synthetic_record({.seed = 2, .status = "missed_target"}));
  const Report report = build_report(sweep.folder());
  for (const char* format : {"table", "markdown"}) {
    CHECK(contains(render_report(report, format), "not reached"));
  }
  for (const auto format : {"table", "markdown", "csv", "json"}) {
    CHECK_FALSE(contains(render_report(report, format), "inf,"));
    CHECK_FALSE(contains(render_report(report, format), "nan"));
  }
  const json epochs = json::parse(render_report(report, "json"))["rows"][0]["epochs"];
  CHECK(epochs["median"].is_null());
  CHECK(epochs["median_status"] == "not_reached");
  CHECK(epochs["not_reached"] == 2);
}

TEST_CASE("records from different machines or versions are warned about") {
  SyntheticSweep sweep;
  sweep.add(synthetic_record({.seed = 1}));
  json other = synthetic_record({.seed = 2});
  other["environment"]["cpu"] = "Another CPU";
  other["environment"]["onednn"] = "3.1.1";
  sweep.add(other);
  const Report report = build_report(sweep.folder());
  REQUIRE(report.warnings.size() == 2);
  CHECK(contains(report.warnings[0], "Another CPU"));
  CHECK(contains(report.warnings[1], "3.1.1"));
}

TEST_CASE("what the clocks of runs say is for programs, with its doubts, and no headline") {
  SyntheticSweep sweep;
  sweep.add(synthetic_record({.seed = 1}));
  sweep.add(synthetic_record({.seed = 2, .time_warnings = {"the clock is slow", "the core was shared"}}));
  sweep.add(synthetic_record({.norm = "layer"}));
  const Report report = build_report(sweep.folder());
  CHECK(report.rows.at(0).doubtful_times == 1);
  CHECK(report.warnings.empty());
  const std::string why = "seed 2: the clock is slow, and the core was shared";
  for (const char* format : {"table", "markdown"}) {
    const std::string text = render_report(report, format);
    CHECK_FALSE(contains(text, "train seconds"));
    CHECK_FALSE(contains(text, "doubtful"));
    CHECK_FALSE(contains(text, why));
    CHECK(contains(text, "normlab time"));
  }
  const json rows = json::parse(render_report(report, "json"))["rows"];
  CHECK(rows[0]["train_seconds"]["median"].is_number());
  CHECK(rows[0]["doubtful_times"] == 1);
  CHECK(rows[0]["time_warnings"] == json{why});
  CHECK(rows[1]["doubtful_times"] == 0);
  CHECK(contains(render_report(report, "csv"), "\"" + why + "\""));
}

TEST_CASE("a median step that other processes made longer is counted as well") {
  SyntheticSweep sweep;
  auto record = synthetic_record({.time_warnings = {"the core was shared"}});
  record["training_clock"] = {{"steps", 1000}, {"seconds", 2.2}, {"cpu_seconds", 1.0}};
  record["step_seconds"]["median"] = 2e-3;
  sweep.add(record);
  CHECK(build_report(sweep.folder()).rows.at(0).doubtful_medians == 1);
}

TEST_CASE("the head names the size of each model, a range where norms have parameters of their own") {
  SyntheticSweep sweep;
  sweep.add(synthetic_record({}));
  json normalized = synthetic_record({.norm = "layer"});
  normalized["model"]["parameters"] = 269834;
  sweep.add(normalized);
  sweep.add(synthetic_record({.model = "lstm"}));
  const Report report = build_report(sweep.folder());
  CHECK(report.model_sizes ==
        std::vector<std::string>{"lstm: layers 1, hidden size 128, 269,322 parameters",
                                 "mlp: hidden [256,256], 269,322 to 269,834 parameters"});
  CHECK(contains(render_report(report, "table"), "mlp: hidden [256,256], 269,322 to 269,834"));
}

TEST_CASE("records of the version before are read") {
  SyntheticSweep sweep;
  json record = synthetic_record({});
  record["schema"] = "normlab.run/1";
  record.erase("time_warnings");
  sweep.add(record);
  CHECK(build_report(sweep.folder()).rows.at(0).doubtful_times == 0);
}

TEST_CASE("runs of the sweep without a record are warned about") {
  const json record = synthetic_record({});
  SyntheticSweep sweep({{"name", "quick"}, {"runs", {record["id"], "mlp-layer-b32-s1-00000000"}}});
  sweep.add(record);
  const Report report = build_report(sweep.folder());
  REQUIRE(report.warnings.size() == 1);
  CHECK(contains(report.warnings[0], "1 of 2 runs have no record yet"));
}

TEST_CASE("the summary is rebuilt from the records alone, the same each time") {
  SyntheticSweep sweep;
  add_quick_sweep(sweep);
  write_summary(sweep.folder(), build_report(sweep.folder()));
  const std::string summary = read_file(sweep.folder() / "summary.json"),
                    csv = read_file(sweep.folder() / "summary.csv");
  CHECK(json::parse(summary)["rows"].size() == 27);
  CHECK(lines_of(csv).size() == 28);
  std::filesystem::remove(sweep.folder() / "summary.json");
  write_summary(sweep.folder(), build_report(sweep.folder()));
  CHECK(read_file(sweep.folder() / "summary.json") == summary);
  CHECK(read_file(sweep.folder() / "summary.csv") == csv);
}

TEST_CASE("the report of a sweep that has only begun is empty and says so; what is lost is no beginning") {
  SyntheticSweep sweep;
  write_summary(sweep.folder(), build_report(sweep.folder()));
  CHECK(json::parse(read_file(sweep.folder() / "summary.json"))["rows"].empty());
  const Report begun = build_report(sweep.folder());
  CHECK(begun.warnings == std::vector<std::string>{"no run has ended yet"});
  CHECK(render_report(begun, "table") == "quick\n  warning: no run has ended yet\n");
  CHECK(lines_of(render_report(begun, "csv")).size() == 1);
  const std::filesystem::path bad = sweep.write("runs/bad.json", "{}");
  CHECK_THROWS_AS(build_report(sweep.folder()), RequestError);
  std::filesystem::remove(bad);
  sweep.write("sweep.json", "{}");
  CHECK_THROWS_AS(build_report(sweep.folder()), RequestError);
}
