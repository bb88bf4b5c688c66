// Comparisons under other thresholds, and the curves that they are made from.
#include <doctest/doctest.h>

#include "data/idx_files.h"
#include "normlab/analysis/build_report.h"
#include "normlab/analysis/export/format.h"
#include "synthetic_records.h"

using namespace normlab;
using nlohmann::json;
using testing::contains;

namespace {

// Ten epochs with these validation errors, the last one repeated.
json record_of(const std::string& norm, unsigned seed, const std::vector<double>& errors) {
  json record = synthetic_record({.norm = norm, .seed = seed, .status = "missed_target"});
  json& evaluations = record["evaluations"];
  for (std::size_t i = 0; i < evaluations.size(); ++i)
    evaluations[i]["validation"]["error"] = errors[std::min(i, errors.size() - 1)];
  return record;
}

Report report_of_targets(const SyntheticSweep& sweep, const std::vector<TargetVariation>& variations) {
  RecordFiles files("", variations);
  ContrastRequest request = parse_contrast("norm=none");
  request.measure = Measure::epochs;
  return build_report(sweep.folder(), files, {.contrasts = request});
}

void add_two_norms(SyntheticSweep& sweep) {
  for (const unsigned seed : {1U, 2U}) {
    sweep.add(record_of("none", seed, {0.5, 0.3, 0.1, 0.3, 0.1, 0.1, 0.3, 0.05}));
    sweep.add(record_of("layer", seed, {0.3, 0.1, 0.1, 0.05}));
  }
}

}  // namespace

TEST_CASE("thresholds and evaluations in a row change the events of the same runs") {
  SyntheticSweep sweep;
  add_two_norms(sweep);
  const Report report = report_of_targets(sweep, {{0.3, 1}, {0.1, 1}, {0.1, 2}, {0.1, 3}, {0.01, 1}});
  REQUIRE(report.sensitivity.size() == 5);
  const auto means = [&](std::size_t i) {
    const Contrast& contrast = report.sensitivity[i].contrasts.at(0);
    return std::pair(contrast.first.mean, contrast.second.mean);
  };
  CHECK(means(0) == std::pair(1., 2.));
  CHECK(means(1) == std::pair(2., 3.));
  CHECK(means(2) == std::pair(2., 5.));
  CHECK(means(3) == std::pair(2., 8.));
  const Contrast& none_reached = report.sensitivity[4].contrasts.at(0);
  CHECK(none_reached.first.reached + none_reached.second.reached == 0);
  CHECK(report.sensitivity[1].target.threshold == 0.1);
  CHECK(report.sensitivity[2].target.hold == 2);
}

TEST_CASE("a table has a row for each threshold and a column for each number of evaluations") {
  SyntheticSweep sweep;
  add_two_norms(sweep);
  const Report report = report_of_targets(sweep, {{0.1, 1}, {0.1, 2}, {0.01, 1}, {0.01, 2}});
  const std::string table = render_report(report, "table");
  CHECK(contains(table, "threshold"));
  CHECK(contains(table, "for 1"));
  CHECK(contains(table, "0.667 (0.667–0.667)"));
  CHECK(contains(table, "0.4 (0.4–0.4)"));
  CHECK(contains(table, "none reached"));
  CHECK(contains(render_report(report, "markdown"), "| 0.01 | none reached | none reached |"));
  const json thresholds = json::parse(render_report(report, "json"))["pair"]["thresholds"];
  REQUIRE(thresholds.size() == 4);
  CHECK(thresholds[1]["threshold"] == 0.1);
  CHECK(thresholds[1]["for"] == 2);
  CHECK(thresholds[1]["contrasts"][0]["ratio"]["estimate"].get<double>() == doctest::Approx(0.4));
}

TEST_CASE("a report without thresholds has none of it") {
  SyntheticSweep sweep;
  add_two_norms(sweep);
  const Report report = report_of_targets(sweep, {});
  CHECK(report.sensitivity.empty());
  CHECK_FALSE(contains(render_report(report, "table"), "threshold"));
  CHECK_FALSE(json::parse(render_report(report, "json"))["pair"].contains("thresholds"));
}

TEST_CASE("a row's JSON has the Kaplan-Meier curve of its runs, in steps and in epochs") {
  SyntheticSweep sweep;
  for (const unsigned seed : {1U, 2U, 3U})
    sweep.add(synthetic_record({.seed = seed, .epochs_to_target = seed == 3 ? 6. : 4.}));
  sweep.add(synthetic_record({.seed = 4, .status = "missed_target"}));
  sweep.add(synthetic_record({.seed = 5, .status = "diverged"}));
  sweep.add(synthetic_record({.seed = 6, .status = "failed"}));
  const json row = json::parse(render_report(build_report(sweep.folder()), "json"))["rows"][0];
  const json& epochs = row["survival"]["epochs"];
  CHECK(epochs["runs"] == 5);
  CHECK(epochs["never"] == 1);
  CHECK(epochs["censored"] == json{10.});
  REQUIRE(epochs["curve"].size() == 2);
  CHECK(epochs["curve"][0]["time"] == 4.);
  CHECK(epochs["curve"][0]["at_risk"] == 5);
  CHECK(epochs["curve"][0]["events"] == 2);
  CHECK(epochs["curve"][0]["survival"].get<double>() == doctest::Approx(0.6));
  CHECK(epochs["curve"][0]["variance"].get<double>() == doctest::Approx(0.6 * 0.6 * 2 / (5. * 3)));
  CHECK(epochs["curve"][1]["survival"].get<double>() == doctest::Approx(0.4));
  CHECK(row["survival"]["steps"]["curve"][1]["time"].get<double>() == std::ceil(6 * 55000 / 32.));
}

TEST_CASE("a row without a target has no curve") {
  SyntheticSweep sweep;
  sweep.add(synthetic_record({.status = "finished", .target = std::nullopt}));
  CHECK(json::parse(render_report(build_report(sweep.folder()), "json"))["rows"][0]["survival"].is_null());
}
