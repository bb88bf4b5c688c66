#include "normlab/analysis/export/page.h"
#include "normlab/analysis/build_report.h"

#include <doctest/doctest.h>

#include <cmath>

#include "data/idx_files.h"
#include "normlab/analysis/export/claims_page.h"
#include "normlab/analysis/export/format.h"
#include "normlab/analysis/export/page_assets.h"
#include "normlab/core/error.h"
#include "synthetic_records.h"

using namespace normlab;
using testing::contains;
using testing::request_error;

namespace {

Report drawn_report(const SyntheticSweep& sweep) {
  RecordFiles files;
  return build_report(sweep.folder(), files, {.drawn_from = {sweep.folder()}});
}

std::size_t count_of(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t place = 0; (place = text.find(part, place)) != std::string::npos; place += part.size())
    ++count;
  return count;
}

// A report of so many groups of five runs, each of which made so many evaluations.
Report large_report(std::size_t groups, std::size_t evaluations) {
  auto curves = std::make_shared<SweepCurves>();
  curves->quantities = {{"validation.error", "validation error", "fraction"},
                        {"train.loss", "training loss", "nats"}};
  CellCurves cell;
  for (std::size_t i = 0; i < evaluations; ++i) {
    cell.steps.push_back(100. * static_cast<double>(i + 1));
    cell.epochs.push_back(0.123456 * static_cast<double>(i + 1));
  }
  cell.training.assign(evaluations, 5);
  const std::vector<double> values(evaluations, 1. / 3);
  cell.bands.assign(2, {values, values, values});
  for (unsigned seed = 1; seed <= 5; ++seed) {
    RunCurve run{.id = "mlp", .status = "finished", .seed = seed, .steps = cell.steps, .epochs = cell.epochs};
    run.values.assign(2, values);
    cell.runs.push_back(run);
  }
  curves->cells.assign(groups, cell);
  Report report;
  report.rows.resize(groups);
  report.drawn = curves;
  return report;
}

// Two trials of one cell: the first was cut at 100 of 400 steps, and one of its runs diverged.
Json tuned_json() {
  return Json::parse(R"({"schema": "normlab.tuned/1", "name": "quick",
    "space": {"optimizer.learning_rate": {"log": [0.001, 0.1]}},
    "cells": [{"when": {"norm.name": "layer"}, "trial": 1, "widened": [{}],
      "at_end_of_range": ["optimizer.learning_rate"],
      "trials": [
        {"set": {"optimizer.learning_rate": 0.02}, "cut_after_steps": 100, "runs": ["a", "b", "c"],
         "compared": [{"steps": 100, "mean_steps": 100, "reached": 0, "best_validation_loss": null}]},
        {"set": {"optimizer.learning_rate": 0.003}, "cut_after_steps": null, "runs": ["d", "e", "f"],
         "compared": [{"steps": 100, "mean_steps": 90, "reached": 1, "best_validation_loss": 0.5},
                      {"steps": 400, "mean_steps": 160, "reached": 3, "best_validation_loss": 0.25}]}]}]})");
}

// What stands in a page for its scripts.
Json data_of_page(const std::string& page) {
  const std::string mark = R"(id="data">)";
  const std::size_t begin = page.find(mark) + mark.size();
  return Json::parse(page.substr(begin, page.find("</script>", begin) - begin));
}

}  // namespace

TEST_CASE("without the library of charts the format html is refused") {
  CHECK(contains(request_error([] { require_page_library(""); }), "html needs D3"));
  CHECK_NOTHROW(require_page_library("d3"));
}

TEST_CASE("texts of records cannot leave the data of the page") {
  const std::string text = "</script><script>alert(1)</script><!-- & \"'";
  const std::string written = script_json({{"name", text}});
  CHECK_FALSE(contains(written, "<"));
  CHECK(Json::parse(written)["name"] == text);
  CHECK(Json::parse(script_json({{"name", "\xff"}}))["name"] == "\uFFFD");
}

TEST_CASE("the page's data are the report's rows, each with its curves") {
  SyntheticSweep sweep;
  sweep.add(synthetic_record({.norm = "none", .seed = 1, .epochs_to_target = 2}));
  sweep.add(synthetic_record({.norm = "none", .seed = 2, .epochs_to_target = 4}));
  sweep.add(synthetic_record({.norm = "layer", .status = "diverged"}));
  const Json data = page_data(drawn_report(sweep), 1);
  CHECK(data["summary"]["rows"].size() == 2);
  REQUIRE(data["cells"].size() == 2);
  const Json& cell = data["cells"][0];
  CHECK(cell["epochs"] == Json::array({1, 2, 3, 4}));
  CHECK(cell["training"] == Json::array({2, 2, 1, 1}));
  CHECK(cell["runs"][0]["values"][0] == Json::array({0.321, 0.12}));
  CHECK_FALSE(cell["runs"][0].contains("steps"));
  CHECK(cell["runs"][0]["reached_step"] == 3438);
  CHECK_FALSE(data["cells"][1]["runs"][0].contains("reached_step"));
  CHECK(cell["runs"][1]["step_seconds"] == Json::array({0.0009, 0.001, 0.0012}));
  // The seed that stops after two epochs counts with its 0.12: (0.12 + 0.18767) / 2 in the third.
  CHECK(cell["bands"][0][1] == Json::array({0.321, 0.1705, 0.1538, 0.12}));
  CHECK(cell["bands"][0][0] == Json::array({0.321, 0.12, 0.12, 0.12}));
  CHECK(cell["bands"][0][2] == Json::array({0.321, 0.221, 0.1877, 0.12}));
  CHECK(cell["counted"] == 2);
  CHECK(cell["restricted"]["epochs"]["mean"] == 3);
  CHECK(cell["restricted"]["epochs"]["horizon"] == 10);  // the budget of the run that diverged
  CHECK(data["cells"][1]["restricted"]["epochs"]["mean"] == 10);
  CHECK(data["spec"]["name"] == "quick");
  CHECK(data["folders"] == Json::array({sweep.folder().string()}));
}

TEST_CASE("evaluations that a run made elsewhere than its group are its own") {
  Report report = large_report(1, 3);
  auto curves = std::make_shared<SweepCurves>(*report.drawn);
  curves->cells[0].runs[4].steps = {150, 250};
  curves->cells[0].runs[4].values[0] = {NAN, 0.25};
  report.drawn = curves;
  const Json runs = page_data(report, 1)["cells"][0]["runs"];
  CHECK(runs[4]["steps"] == Json::array({150, 250}));
  CHECK(runs[4]["values"][0] == Json::array({nullptr, 0.25}));
  CHECK_FALSE(runs[3].contains("steps"));
}

TEST_CASE("a page that would be too large leaves out evaluations, and says so") {
  const Report report = large_report(90, 500);
  CHECK(script_json(page_data(report, 1)).size() > largest_page);
  const Json thinned = page_data(report, 4);
  CHECK(thinned["stride"] == 4);
  CHECK(thinned["cells"][0]["steps"].size() == 126);
  CHECK(thinned["cells"][0]["steps"][1] == 500);
  CHECK(thinned["cells"][0]["steps"].back() == 50000);  // the last one stays
  CHECK(thinned["cells"][0]["runs"][2]["values"][1].size() == 126);
  if (page_assets::library.empty()) return;
  const std::string page = render_html(report);
  CHECK(page.size() <= largest_page);
  CHECK_FALSE(contains(page, "\"stride\":1,"));
}

TEST_CASE("verdicts have a page of their own, with a report of each experiment") {
  if (page_assets::library.empty()) return;
  SyntheticSweep sweep;
  sweep.add(synthetic_record({}));
  const Json verdicts = {{"claims", {{{"id", "C1"}, {"claim", "a </script><b>\""}}}}};
  const std::filesystem::path missing = sweep.folder() / "not-run";
  SyntheticSweep timed;  // its folder has times alone, for a claim about the time of a step
  std::filesystem::remove_all(timed.folder());
  std::filesystem::create_directory(timed.folder());
  timed.write("times.json", "{}");
  const std::string page = render_claims_page(
      verdicts, {{sweep.folder(), {"C1", "C2"}}, {missing, {"C3"}}, {timed.folder(), {"C4"}}});
  CHECK(contains(page, "<title>Claims and verdicts · normlab</title>"));
  CHECK(count_of(page, "</script>") == 3);
  const Json data = data_of_page(page);
  CHECK(data["verdicts"] == verdicts);
  CHECK(data["missing"] == Json::array({missing.string()}));
  CHECK(data["stride"] == 1);
  REQUIRE(data["reports"].size() == 1);
  CHECK(data["reports"][0]["claims"] == Json::array({"C1", "C2"}));
  CHECK(data["reports"][0]["cells"].size() == 1);
}

TEST_CASE("the page has what was asked for, and the comparisons of it") {
  SyntheticSweep sweep;
  for (const unsigned seed : {1U, 2U, 3U}) {
    sweep.add(synthetic_record({.norm = "none", .seed = seed, .epochs_to_target = 4.0 + seed}));
    sweep.add(synthetic_record({.norm = "layer", .seed = seed, .epochs_to_target = 1.0 + seed}));
  }
  RecordFiles files;
  Report report = build_report(
      sweep.folder(), files, {.contrasts = ContrastRequest{"norm", "none"}, .drawn_from = {sweep.folder()}});
  report.asked = {"--pair", "norm=none"};
  const Json data = page_data(report, 1);
  CHECK(data["asked"] == Json::array({"--pair", "norm=none"}));
  REQUIRE(data["summary"]["pair"]["contrasts"].size() == 1);
  CHECK(data["summary"]["pair"]["contrasts"][0]["ratio"]["estimate"].get<double>() == doctest::Approx(0.5));
}

TEST_CASE("a heat map keeps the last of more evaluations than it has columns") {
  Report report = large_report(1, 1);
  auto curves = std::make_shared<SweepCurves>(*report.drawn);
  LayerCurves layers{.names = {"rnn0"}};
  std::vector<double> norms;
  for (int i = 0; i < 100; ++i) {
    layers.steps.push_back(10 * i);
    layers.epochs.push_back(i);
    norms.push_back(i);
  }
  norms.back() = NAN;
  layers.values.assign(layer_statistic_paths.size(), {norms});
  layers.over_time = {{.layer = 0, .time_steps = {0, 7}, .values = {norms, norms}}};
  curves->cells[0].layers = layers;
  report.drawn = curves;
  const Json data = page_data(report, 1)["cells"][0]["layers"];
  CHECK(data["recorded"] == 100);
  CHECK(data["steps"].size() == 51);  // every second one, and the last
  CHECK(data["steps"].back() == 990);
  CHECK(data["values"][0][0][50].is_null());
  REQUIRE(data["time_steps"].size() == 1);
  CHECK(data["time_steps"][0]["name"] == "rnn0");
  CHECK(data["time_steps"][0]["at"] == Json::array({0, 7}));
  CHECK(data["time_steps"][0]["values"][1].size() == 51);
  CHECK(data["time_steps"][0]["values"][1][49] == 98);
}

TEST_CASE("the trials of a search are drawn from tuned.json") {
  SyntheticSweep sweep;
  sweep.write("tuned.json", tuned_json().dump());
  const Json tuned = page_data(drawn_report(sweep), 1)["tuned"];
  REQUIRE(tuned.size() == 1);
  CHECK(tuned[0]["settings"] == Json::array({"optimizer.learning_rate"}));
  CHECK(tuned[0]["logarithmic"] == Json::array({true}));
  const Json& cell = tuned[0]["cells"][0];
  CHECK(cell["when"] == Json{{"norm.name", "layer"}});
  CHECK(cell["chosen"] == 1);
  CHECK(cell["widened"] == 1);
  CHECK(cell["at_end"] == Json::array({"optimizer.learning_rate"}));
  REQUIRE(cell["trials"].size() == 2);
  CHECK(cell["trials"][0]["cut"] == true);
  CHECK(cell["trials"][0]["set"] == Json::array({0.02}));
  CHECK(cell["trials"][0]["runs"] == 3);
  CHECK(cell["trials"][0]["compared"][0]["mean_steps"] == 100);
  CHECK(cell["trials"][0]["compared"][0]["best_validation_loss"].is_null());
  CHECK(cell["trials"][1]["cut"] == false);
  CHECK(cell["trials"][1]["compared"][1]["best_validation_loss"] == 0.25);
  CHECK(cell["trials"][1]["compared"][1]["steps"] == 400);
}

TEST_CASE("a tuned.json that no search wrote is passed over with a warning") {
  const auto warnings_of = [](const Json& tuned) {
    SyntheticSweep sweep;
    sweep.write("tuned.json", tuned.dump());
    const Report report = drawn_report(sweep);
    CHECK(report.drawn->searches.empty());
    return Json(report.warnings).dump();
  };
  CHECK(contains(warnings_of({{"schema", "normlab.run/2"}}), "tuned.json was passed over"));
  Json tuned = tuned_json();
  tuned["cells"][0]["trial"] = 2;
  CHECK(contains(warnings_of(tuned), "tuned.json was passed over"));
  tuned = tuned_json();
  tuned["cells"][0]["trials"][0]["compared"] = Json::array();
  CHECK(contains(warnings_of(tuned), "tuned.json was passed over"));
  tuned = tuned_json();
  tuned["cells"][0]["trials"][0].erase("set");
  CHECK(contains(warnings_of(tuned), "tuned.json was passed over"));
}

TEST_CASE("the page is one file that loads nothing") {
  if (page_assets::library.empty()) return;
  SyntheticSweep sweep({{"schema", "normlab.sweep/1"}, {"name", "a <b> & c"}});
  sweep.add(synthetic_record({}));
  const std::string page = render_report(drawn_report(sweep), "html");
  CHECK(page.starts_with("<!DOCTYPE html>"));
  CHECK(page.ends_with("</html>\n"));
  CHECK(contains(page, "<title>a &lt;b> &amp; c · normlab</title>"));
  CHECK(contains(page, "content=\"default-src 'none';"));
  CHECK_FALSE(contains(page, "<link"));
  CHECK_FALSE(contains(page, "src=\""));
  CHECK_FALSE(contains(page, "<!--data-->"));
  CHECK(count_of(page, "</script>") == 3);
  CHECK(contains(page, "Mike Bostock"));
  CHECK(page.size() < 600'000);
}
