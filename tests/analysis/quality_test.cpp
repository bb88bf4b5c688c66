#include "normlab/analysis/quality.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "normlab/analysis/build_report.h"
#include "normlab/analysis/export/format.h"
#include "synthetic_records.h"
#include "text.h"

using namespace normlab;
using testing::contains;
using json = nlohmann::json;

namespace {

// A run to the end of its budget, with these validation errors.
json with_errors(SyntheticRun run, const std::vector<double>& errors) {
  run.status = "finished";
  run.target = std::nullopt;
  json record = synthetic_record(run);
  for (std::size_t i = 0; i < errors.size(); ++i)
    record["evaluations"][i]["validation"]["error"] = std::isnan(errors[i]) ? json() : json(errors[i]);
  return record;
}

Report report_of(const std::vector<json>& records) {
  SyntheticSweep sweep;
  for (const json& record : records) sweep.add(record);
  return build_report(sweep.folder());
}

json stopping(const std::string& norm, double epochs, unsigned seed = 1, int batch_size = 32) {
  return synthetic_record({.norm = norm, .batch_size = batch_size, .seed = seed, .epochs_to_target = epochs});
}

}  // namespace

TEST_CASE("best and final validation are of each run, median and range over seeds") {
  const std::vector<double> first = {.5, .4, .1, .4, .4, .4, .4, .4, .4, .3};
  const std::vector<double> second = {.5, .4, .2, .4, .4, .4, .4, .4, .4, .25};
  const Report report = report_of({with_errors({.seed = 1}, first), with_errors({.seed = 2}, second)});
  const ReportRow& row = report.rows.at(0);
  CHECK(row.best_validation->median == doctest::Approx(0.15));
  CHECK(row.best_validation->minimum == 0.1);
  CHECK(row.best_validation->maximum == 0.2);
  CHECK(row.final_validation->minimum == 0.25);
  CHECK(row.final_validation->maximum == 0.3);
  const json parsed = json::parse(render_report(report, "json"))["rows"][0];
  CHECK(parsed["best_validation"]["maximum"] == 0.2);
  CHECK(parsed["final_validation"]["maximum"] == 0.3);
  CHECK(contains(render_report(report, "csv"), "final_validation_median"));
  CHECK(contains(render_report(report, "table"), "best validation error"));
  CHECK(contains(render_report(report, "markdown"), "0.1500 (0.1000–0.2000)"));
}

TEST_CASE("a run that diverged has the best of before, and is worse than any at its end and in the test") {
  json diverged = synthetic_record({.seed = 2, .status = "diverged", .target = std::nullopt});
  diverged["evaluations"][0]["validation"]["error"] = 0.05;
  const std::vector<double> errors(10, 0.2);
  const ReportRow row = report_of({with_errors({.seed = 1}, errors), diverged}).rows.at(0);
  CHECK(row.best_validation->minimum == 0.05);
  CHECK(row.best_validation->missed == 0);
  CHECK(row.final_validation->minimum == 0.2);
  CHECK(row.final_validation->missed == 1);
  CHECK(std::isinf(row.final_validation->median));
  CHECK(row.test->missed == 1);
}

TEST_CASE("evaluations without a number leave the best of the others") {
  std::vector<double> errors(10, 0.2);
  errors[3] = NAN;
  errors[4] = 0.1;
  json record = with_errors({}, errors);
  record["status"] = "interrupted";  // whose metrics may be null
  record.erase("test");
  CHECK(report_of({record}).rows.at(0).best_validation == std::nullopt);
  const RunRecord run = RunRecordReader().read(with_own_id(record).dump(), "its text");
  CHECK(run.best == 0.1);
  CHECK(run.last == 0.2);
}

TEST_CASE("the test is left out where norms were tested at different steps, and that is said once") {
  const Report report = report_of({stopping("none", 3), stopping("layer", 2)});
  for (const ReportRow& row : report.rows) {
    CHECK_FALSE(row.test_compares);
    CHECK(row.test == std::nullopt);
    CHECK(row.best_validation);
  }
  const std::string table = render_report(report, "table");
  CHECK_FALSE(contains(table, "test error"));
  CHECK(contains(render_report(report, "markdown"), "The test is left out:"));
  const json row = json::parse(render_report(report, "json"))["rows"][0];
  CHECK(row["test_compares"] == false);
  CHECK(row["test"]["median"] == nullptr);
  CHECK(row["test"]["median_status"] == "not_measured");
}

TEST_CASE("seeds of one norm that stop at different steps are not compared in the test either") {
  CHECK_FALSE(report_of({stopping("none", 3, 1), stopping("none", 2, 2)}).rows.at(0).test_compares);
  CHECK(report_of({stopping("none", 3, 1), stopping("none", 3, 2)}).rows.at(0).test_compares);
}

TEST_CASE("tests are compared within a model and batch size, whatever the norms were tuned to") {
  json tuned = stopping("layer", 3);
  tuned["config"]["optimizer"]["learning_rate"] = 0.01;
  const Report report =
      report_of({stopping("none", 3), tuned, stopping("none", 2, 1, 4), stopping("layer", 3, 1, 4)});
  REQUIRE(report.rows.size() == 4);
  for (const ReportRow& row : report.rows) CHECK(row.test_compares == (row.batch_size == 32));
  const std::string table = render_report(report, "table");
  CHECK(contains(table, "test error"));
  CHECK(contains(table, "left out of some rows"));
  tuned = stopping("layer", 2);
  tuned["config"]["optimizer"]["learning_rate"] = 0.01;
  CHECK_FALSE(report_of({stopping("none", 3), tuned}).rows.at(0).test_compares);
  json longer = stopping("layer", 2);
  longer["config"]["dataset"]["train_limit"] = 100;
  CHECK(report_of({stopping("none", 3), longer}).rows.at(0).test_compares);
}
