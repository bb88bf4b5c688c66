// Reports of some of the runs, by other columns, and with the best of several values.
#include <doctest/doctest.h>

#include "data/idx_files.h"
#include "normlab/analysis/build_report.h"
#include "normlab/analysis/export/format.h"
#include "synthetic_records.h"
#include "text.h"

using namespace normlab;
using nlohmann::json;
using testing::any_contains;
using testing::contains;
using testing::request_error;

namespace {

json with_rate(json record, double rate) {
  record["config"]["optimizer"]["learning_rate"] = rate;
  return record;
}

// Seeds 1, 2, … that reach the target after so many epochs; 0: not within ten.
void add_runs(SyntheticSweep& sweep, const std::string& norm, double rate,
              const std::vector<double>& epochs) {
  for (std::size_t i = 0; i < epochs.size(); ++i) {
    SyntheticRun run{.norm = norm, .seed = static_cast<unsigned>(i + 1)};
    if (epochs[i] > 0) run.epochs_to_target = epochs[i];
    if (epochs[i] == 0) run.status = "missed_target";
    sweep.add(with_rate(synthetic_record(run), rate));
  }
}

Report selected_report(const SyntheticSweep& sweep, const ReportRequest& request) {
  RecordFiles files;
  return build_report(sweep.folder(), files, request);
}

ReportRequest where(const std::string& setting, const std::vector<json>& values) {
  return {.where = {{setting, values}}};
}

// Norm and rate of each row.
std::vector<std::pair<std::string, double>> rows_of(const Report& report) {
  std::vector<std::pair<std::string, double>> rows;
  for (const ReportRow& row : report.rows) rows.emplace_back(row.norm, row.settings.at(0).get<double>());
  return rows;
}

}  // namespace

TEST_CASE("where keeps the runs with one of the values, and what it leaves out is not missing") {
  json spec = {{"schema", "normlab.sweep/1"}, {"name", "quick"}};
  for (const char* norm : {"none", "layer", "rms"})
    spec["runs"].push_back(synthetic_record({.norm = norm})["id"]);
  SyntheticSweep sweep(spec);
  for (const char* norm : {"none", "layer", "rms"}) sweep.add(synthetic_record({.norm = norm}));
  const Report report = selected_report(sweep, where("norm", {"rms", "none"}));
  REQUIRE(report.rows.size() == 2);
  CHECK(report.rows[0].norm == "none");
  CHECK(report.rows[1].norm == "rms");
  CHECK(report.warnings.empty());
  CHECK(selected_report(sweep, where("norm.name", {"layer"})).rows.size() == 1);
}

TEST_CASE("where knows numbers however they are written, seeds, and several conditions at once") {
  SyntheticSweep sweep;
  add_runs(sweep, "none", 0.001, {3, 4, 5});
  add_runs(sweep, "none", 0.01, {3, 4, 5});
  CHECK(selected_report(sweep, where("optimizer.learning_rate", {1e-3})).columns.empty());
  CHECK(selected_report(sweep, where("batch_size", {32.0})).rows.size() == 2);
  const Report report =
      selected_report(sweep, {.where = {{"seed", {1, 3}}, {"optimizer.learning_rate", {0.01}}}});
  REQUIRE(report.rows.size() == 1);
  CHECK(report.rows[0].seeds == std::vector<std::uint64_t>{1, 3});
}

TEST_CASE("where refuses settings and values that no run has, with those that there are") {
  SyntheticSweep sweep;
  add_runs(sweep, "none", 0.001, {3});
  add_runs(sweep, "layer", 0.01, {3});
  const auto refusal = [&](const ReportRequest& request) {
    return request_error([&] { selected_report(sweep, request); });
  };
  CHECK(refusal(where("nrom", {"none"})).starts_with("where: \"nrom\""));
  CHECK(contains(refusal(where("nrom", {"none"})), "optimizer.learning_rate"));
  CHECK(contains(refusal(where("norm", {"none", "batch"})), "norm.name=batch"));
  CHECK(contains(refusal(where("norm", {"none", "batch"})), "layer, none"));
  CHECK(contains(refusal({.where = {{"norm", {"none"}}, {"optimizer.learning_rate", {0.01}}}}), "where: "));
}

TEST_CASE("by takes other columns, and says what rows put together") {
  SyntheticSweep sweep;
  add_runs(sweep, "none", 0.001, {3, 4});
  add_runs(sweep, "none", 0.01, {5, 6});
  const Report report = selected_report(sweep, {.by = {"dataset", "norm"}});
  CHECK(report.columns == std::vector<std::string>{"dataset.name"});
  REQUIRE(report.rows.size() == 1);
  CHECK(report.rows[0].runs == 4);
  CHECK(report.rows[0].seeds == std::vector<std::uint64_t>{1, 2});
  REQUIRE(report.warnings.size() == 1);
  CHECK(contains(report.warnings[0], "optimizer.learning_rate"));
  CHECK(selected_report(sweep, {.by = {"optimizer.learning_rate"}}).warnings.empty());
  CHECK(contains(request_error([&] { selected_report(sweep, {.by = {"seed"}}); }), "by: "));
  CHECK(contains(request_error([&] { selected_report(sweep, {.by = {"nothing"}}); }), "by: "));
}

TEST_CASE("rows that put settings together are no pairs of seeds") {
  SyntheticSweep sweep;
  for (const double rate : {0.001, 0.01}) {
    add_runs(sweep, "none", rate, {6, 8});
    add_runs(sweep, "layer", rate, {3, 4});
  }
  const Report report = selected_report(sweep, {.by = {"norm"}, .contrasts = parse_contrast("norm=none")});
  CHECK(report.contrasts.at(0).pairing == Pairing::independent);
}

TEST_CASE("best keeps of each row the value with the fewest steps, and says of how many") {
  SyntheticSweep sweep;
  add_runs(sweep, "none", 0.001, {6, 8, 7});
  add_runs(sweep, "none", 0.003, {5, 8, 7});
  add_runs(sweep, "none", 0.01, {9, 0, 7});
  add_runs(sweep, "layer", 0.001, {3, 4, 3});
  add_runs(sweep, "layer", 0.003, {4, 4, 3});
  const Report report = selected_report(sweep, {.best = {"optimizer.learning_rate"}});
  CHECK(rows_of(report) == std::vector<std::pair<std::string, double>>{{"none", 0.003}, {"layer", 0.001}});
  REQUIRE(report.choices.size() == 2);
  CHECK(report.choices[0].candidates == 3);
  CHECK(report.choices[0].edge == Edge::none);
  CHECK_FALSE(any_contains(report.warnings, "more runs have ended"));
  CHECK(report.choices[1].candidates == 2);
  CHECK(report.choices[1].edge == Edge::smallest);
  CHECK(any_contains(report.warnings, "2 to 3 values of optimizer.learning_rate"));
  CHECK(any_contains(report.warnings, "at the edge of those that were tried in 1 of 2 rows"));
  const std::string table = render_report(report, "table");
  CHECK(contains(table, "best of"));
  CHECK(contains(table, "2 (smallest)"));
  CHECK(contains(table, "The seeds that chose"));
  const json parsed = json::parse(render_report(report, "json"));
  CHECK(parsed["best"] == json{"optimizer.learning_rate"});
  CHECK(parsed["rows"][1]["best_of"] == json{{"candidates", 2}, {"edge", "smallest"}});
  CHECK(parsed["rows"][0]["best_of"]["edge"].is_null());
  CHECK(contains(render_report(report, "csv"), "learning_rate,best_of,dataset"));
}

TEST_CASE("a value with a run that misses is not the best for what its others did") {
  SyntheticSweep sweep;
  add_runs(sweep, "none", 0.001, {7, 7, 7});
  add_runs(sweep, "none", 0.003, {2, 2, 0});  // (2 + 2 + 10) / 3 is below 7, and so it is the better one
  add_runs(sweep, "none", 0.01, {2, 0, 0});   // (2 + 10 + 10) / 3 is not
  CHECK(rows_of(selected_report(sweep, {.best = {"optimizer.learning_rate"}}))[0].second == 0.003);
  SyntheticSweep without;
  add_runs(without, "none", 0.001, {7, 7, 7});
  add_runs(without, "none", 0.01, {2, 0, 0});
  CHECK(rows_of(selected_report(without, {.best = {"optimizer.learning_rate"}}))[0].second == 0.001);
}

TEST_CASE("where no run reaches the target, and where there is none, the validation metric chooses") {
  for (const bool has_target : {true, false}) {
    CAPTURE(has_target);
    SyntheticSweep sweep;
    for (const double rate : {0.001, 0.01, 0.1}) {
      json record = synthetic_record(
          {.status = has_target ? "missed_target" : "finished",
           .target = has_target ? std::optional<std::string>("validation.error<=0.01") : std::nullopt,
           .test_error = rate == 0.1 ? 0.0 : 0.5});
      record["evaluations"][4]["validation"]["error"] = rate == 0.01 ? 0.05 : 0.06;
      sweep.add(with_rate(record, rate));
    }
    const Report report = selected_report(sweep, {.best = {"optimizer.learning_rate"}});
    CHECK(rows_of(report)[0].second == 0.01);
    CHECK(report.choices[0].candidates == 3);
  }
}

TEST_CASE("values of which no run ended are no candidates, and a diverged run reaches the target never") {
  SyntheticSweep sweep;
  add_runs(sweep, "none", 0.001, {6, 8});
  for (const unsigned seed : {1U, 2U}) {
    sweep.add(with_rate(synthetic_record({.seed = seed, .status = "diverged"}), 0.01));
    sweep.add(with_rate(synthetic_record({.seed = seed, .status = "failed"}), 0.1));
    sweep.add(with_rate(synthetic_record({.norm = "batch", .seed = seed, .status = "undefined"}), 0.1));
  }
  const Report report = selected_report(sweep, {.best = {"optimizer.learning_rate"}});
  CHECK(rows_of(report) == std::vector<std::pair<std::string, double>>{{"none", 0.001}, {"batch", 0.1}});
  CHECK(report.choices[0].candidates == 2);
  CHECK(report.choices[1].candidates == 0);
  CHECK(report.rows[1].undefined == 2);
}

TEST_CASE("a value of which a run diverged is no better than one of which a run is slow") {
  SyntheticSweep sweep;
  add_runs(sweep, "none", 0.001, {6, 7, 6});  // a mean of 6.3
  add_runs(sweep, "none", 0.01, {5, 5});      // with the third run (5 + 5 + 10) / 3
  sweep.add(with_rate(synthetic_record({.seed = 3, .status = "diverged"}), 0.01));
  CHECK(rows_of(selected_report(sweep, {.best = {"optimizer.learning_rate"}}))[0].second == 0.001);
}

TEST_CASE("contrasts compare each norm at its own best value") {
  SyntheticSweep sweep;
  add_runs(sweep, "none", 0.001, {9, 9, 8});
  add_runs(sweep, "none", 0.003, {6, 8, 7});
  add_runs(sweep, "layer", 0.001, {3, 4, 3});
  add_runs(sweep, "layer", 0.003, {4, 5, 3});
  const Report report =
      selected_report(sweep, {.best = {"optimizer.learning_rate"}, .contrasts = parse_contrast("norm=none")});
  REQUIRE(report.contrasts.size() == 1);
  CHECK(report.contrasts[0].first.chosen == std::vector<json>{0.001});
  CHECK(report.contrasts[0].second.chosen == std::vector<json>{0.003});
  CHECK(report.contrasts[0].second.mean == doctest::Approx(7 * 1719).epsilon(0.001));
  CHECK(contains(render_report(report, "table"), "0.001 / 0.003"));
  const json contrast = json::parse(render_report(report, "json"))["pair"]["contrasts"][0];
  CHECK(contrast["first"]["chosen"] == json{{"optimizer.learning_rate", 0.001}});
}

TEST_CASE("values with unequal numbers of runs that ended are named") {
  SyntheticSweep sweep;
  add_runs(sweep, "none", 0.001, {6, 8});
  add_runs(sweep, "none", 0.003, {5});
  const Report report = selected_report(sweep, {.best = {"optimizer.learning_rate"}});
  CHECK(any_contains(report.warnings, "more runs have ended of some values of optimizer.learning_rate"));
}

TEST_CASE("best of a setting that does not vary is refused") {
  SyntheticSweep sweep;
  add_runs(sweep, "none", 0.001, {6, 8});
  CHECK(contains(request_error([&] { selected_report(sweep, {.best = {"optimizer.learning_rate"}}); }),
                 "best: "));
}

TEST_CASE("norms are compared at what a search chose for each, and it is said") {
  SyntheticSweep sweep({{"schema", "normlab.sweep/1"},
                        {"name", "quick"},
                        {"chosen", {"optimizer.learning_rate", "norm.groups"}}});
  add_runs(sweep, "none", 0.001, {6, 7, 8});
  add_runs(sweep, "layer", 0.01, {3, 4, 5});
  const Report report =
      selected_report(sweep, {.contrasts = ContrastRequest{.setting = "norm", .reference = "none"}});
  REQUIRE(report.contrasts.size() == 1);
  CHECK(report.contrasts[0].first.chosen == std::vector<json>{0.01});
  CHECK(report.contrasts[0].second.chosen == std::vector<json>{0.001});
  CHECK(report.contrasts[0].ratio.value().ratio == doctest::Approx(4. / 7).epsilon(1e-3));
}
