#include "normlab/analysis/cell_curves.h"

#include <doctest/doctest.h>

#include <cmath>

#include "normlab/analysis/pool.h"
#include "normlab/core/error.h"
#include "synthetic_records.h"

using namespace normlab;
using json = nlohmann::json;

namespace {

SyntheticRun reaching(const std::string& norm, unsigned seed, double epochs, int batch_size = 32) {
  return {.norm = norm, .batch_size = batch_size, .seed = seed, .epochs_to_target = epochs};
}

SweepCurves curves_of(const SyntheticSweep& sweep) {
  const SweepRecords records = load_sweep(sweep.folder());
  const auto groups = group_by_seed(records, find_varying_settings(records.runs));
  return read_curves(groups, records, {sweep.folder()});
}

json with_layers(json record, double gradient_norm) {
  for (json& evaluation : record["evaluations"]) {
    evaluation["layers"] =
        json::array({{{"name", "hidden0"},
                      {"activation", {{"mean", 0.5}, {"deviation", 2.0}, {"zero_fraction", nullptr}}},
                      {"gradient_norm", gradient_norm * evaluation["epoch"].get<double>()},
                      {"parameter_gradient_norm", 3.0}},
                     {{"name", "output"}, {"activation", json::object()}, {"gradient_norm", 7.0}}});
  }
  return record;
}

}  // namespace

TEST_CASE("the curves of a group have the evaluations of its longest run, with median and range over seeds") {
  SyntheticSweep sweep;
  sweep.add(synthetic_record(reaching("none", 1, 2)));
  sweep.add(synthetic_record(reaching("none", 2, 4)));
  sweep.add(synthetic_record(reaching("none", 3, 5)));
  const SweepCurves curves = curves_of(sweep);
  std::vector<std::string> paths;
  for (const CurveQuantity& quantity : curves.quantities) paths.push_back(quantity.path);
  CHECK(paths == std::vector<std::string>{"validation.error", "validation.loss", "train.error", "train.loss",
                                          "gradient_norm"});
  REQUIRE(curves.cells.size() == 1);
  const CellCurves& cell = curves.cells[0];
  CHECK(cell.epochs == std::vector<double>{1, 2, 3, 4, 5});
  CHECK(cell.steps[0] == 1719);
  CHECK(cell.training == std::vector<Index>{3, 3, 2, 2, 1});
  REQUIRE(cell.runs.size() == 3);
  CHECK(cell.runs[1].seed == 2);
  CHECK(cell.runs[1].values[0].size() == 4);
  CHECK(cell.runs[0].step_time->p90 == doctest::Approx(0.0012));
  const CurveBand& band = cell.bands[0];
  CHECK(band.low[1] == doctest::Approx(0.12));  // the seed that reaches its target there
  CHECK(band.median[1] == doctest::Approx(0.221));
  CHECK(band.high[1] == doctest::Approx(0.221));
  CHECK(cell.counted == 3);
  // Later on those that have stopped count with their 0.12.
  CHECK(band.median[2] == doctest::Approx(0.121 + 0.2 / 3));
  CHECK(band.median[3] == doctest::Approx(0.12));
  CHECK(band.high[3] == doctest::Approx(0.121 + 0.2 / 4));
  CHECK(band.low[4] == doctest::Approx(0.12));
  CHECK(band.high[4] == doctest::Approx(0.12));
}

TEST_CASE("bands count diverged runs as worse than any, and leave out those that did not end") {
  SyntheticSweep sweep;
  sweep.add(synthetic_record(reaching("none", 1, 3)));
  sweep.add(synthetic_record(reaching("none", 2, 3)));
  json record = synthetic_record({.norm = "none", .seed = 3, .status = "diverged"});
  record["evaluations"] = json::array();  // before its first evaluation
  sweep.add(record);
  for (const unsigned seed : {4U, 5U}) {
    record = synthetic_record({.norm = "none", .seed = seed, .status = seed == 4 ? "failed" : "interrupted"});
    record["evaluations"] = synthetic_record(reaching("none", 1, 2))["evaluations"];
    for (json& evaluation : record["evaluations"]) evaluation["validation"]["error"] = 0.9;
    sweep.add(record);
  }
  const SweepCurves curves = curves_of(sweep);
  REQUIRE(curves.cells.size() == 1);
  const CellCurves& cell = curves.cells[0];
  CHECK(cell.runs.size() == 5);
  CHECK(cell.counted == 3);
  CHECK(cell.training == std::vector<Index>{3, 3, 3});
  CHECK(cell.bands[0].low[0] == doctest::Approx(0.321));
  CHECK(cell.bands[0].median[0] == doctest::Approx(0.321));
  CHECK(std::isinf(cell.bands[0].high[0]));
}

TEST_CASE("of a metric for which higher is better, a diverged run has minus infinity") {
  std::vector<json> records{synthetic_record(reaching("none", 1, 2)),
                            synthetic_record({.norm = "none", .seed = 2, .status = "diverged"})};
  records[1]["evaluations"] = json::array();
  const std::vector<CurveQuantity> quantities{
      {.path = "validation.error", .label = "", .unit = "", .better = Better::higher}};
  const CellCurves cell = make_cell_curves(records, quantities);
  CHECK(std::isinf(cell.bands[0].low[1]));
  CHECK(cell.bands[0].low[1] < 0);
  CHECK(cell.bands[0].high[1] == doctest::Approx(0.12));
}

TEST_CASE("mean times to the target are restricted to what is known of all norms of a comparison") {
  SyntheticSweep sweep;
  sweep.add(synthetic_record(reaching("none", 1, 6)));
  sweep.add(synthetic_record(reaching("none", 2, 8)));
  sweep.add(synthetic_record({.norm = "none", .seed = 3, .status = "missed_target"}));  // within 10 epochs
  sweep.add(synthetic_record(reaching("layer", 1, 3)));
  sweep.add(synthetic_record(reaching("layer", 2, 4)));
  sweep.add(synthetic_record({.norm = "layer", .seed = 3, .status = "diverged"}));  // never
  sweep.add(synthetic_record({.norm = "layer", .seed = 4, .status = "failed"}));    // takes no part
  sweep.add(synthetic_record(reaching("none", 1, 9, 64)));                          // of another comparison
  sweep.add(synthetic_record(reaching("layer", 1, 2, 64)));
  const SweepCurves curves = curves_of(sweep);
  REQUIRE(curves.cells.size() == 4);
  const RestrictedTime none = curves.cells[0].restricted[1].value();  // in epochs
  const RestrictedTime layer = curves.cells[2].restricted[1].value();
  CHECK(none.horizon == 10);
  CHECK(none.mean.mean == doctest::Approx(6 + 2 * 2. / 3 + 2 * 1. / 3));
  CHECK(layer.horizon == 10);
  CHECK(layer.mean.mean == doctest::Approx(3 + 2. / 3 + 6 * 1. / 3));
  CHECK(curves.cells[1].restricted[1]->horizon == 9);
  CHECK(curves.cells[1].restricted[1]->mean.mean == 9);
  CHECK(curves.cells[2].restricted[0]->mean.mean ==
        doctest::Approx(layer.mean.mean * 55000 / 32).epsilon(1e-3));
  CHECK(curves.cells[0].runs[0].reached_step == 6 * 55000 / 32 + 1);
  CHECK_FALSE(curves.cells[0].runs[2].reached_step);
}

TEST_CASE("a run that diverged counts in mean times up to the end of its budget") {
  SyntheticSweep sweep;
  sweep.add(synthetic_record(reaching("none", 1, 6)));
  sweep.add(synthetic_record(reaching("layer", 1, 3)));
  sweep.add(synthetic_record({.norm = "layer", .seed = 2, .status = "diverged"}));
  const SweepCurves curves = curves_of(sweep);
  REQUIRE(curves.cells.size() == 2);
  CHECK(curves.cells[0].restricted[1]->horizon == 10);
  CHECK(curves.cells[1].restricted[1]->mean.mean == doctest::Approx((3 + 10) / 2.));
}

TEST_CASE("groups without a target, or without a run that counts, have no times to it") {
  SyntheticSweep sweep;
  sweep.add(synthetic_record({.status = "finished", .target = std::nullopt}));
  sweep.add(synthetic_record({.norm = "batch", .status = "undefined"}));
  const SweepCurves curves = curves_of(sweep);
  REQUIRE(curves.cells.size() == 2);
  CHECK_FALSE(curves.cells[0].restricted[0]);
  CHECK(curves.cells[0].steps.size() == 10);
  CHECK_FALSE(curves.cells[1].restricted[1]);
  CHECK(curves.cells[1].steps.empty());
}

TEST_CASE("statistics of layers are medians over the seeds that tracked them") {
  SyntheticSweep sweep;
  sweep.add(with_layers(synthetic_record(reaching("none", 1, 2)), 1));
  sweep.add(with_layers(synthetic_record(reaching("none", 2, 3)), 2));
  sweep.add(synthetic_record(reaching("none", 3, 3)));
  const SweepCurves curves = curves_of(sweep);
  const LayerCurves& layers = curves.cells[0].layers.value();
  CHECK(layers.names == std::vector<std::string>{"hidden0", "output"});
  CHECK(layers.epochs == std::vector<double>{1, 2, 3});
  CHECK(layers.values[0][0] == std::vector<double>{1.5, 3, 6});  // gradient norms of hidden0
  CHECK(layers.values[0][1] == std::vector<double>{7, 7, 7});
  CHECK(layers.values[3][0][0] == 2);
  CHECK(std::isnan(layers.values[5][0][0]));
  CHECK(std::isnan(layers.values[1][1][0]));
}

TEST_CASE("gradients by time step are medians over the seeds, for each recurrent layer") {
  SyntheticSweep sweep;
  for (const unsigned seed : {1U, 2U, 3U}) {
    json record = with_layers(synthetic_record(reaching("none", seed, 2)), 1);
    for (json& evaluation : record["evaluations"]) {
      evaluation["layers"][0]["time_gradient_norm"] = {{"step", {0, 7}}, {"norm", {1.0 * seed, nullptr}}};
    }
    sweep.add(record);
  }
  const SweepCurves curves = curves_of(sweep);
  const LayerCurves& layers = curves.cells[0].layers.value();
  REQUIRE(layers.over_time.size() == 1);
  CHECK(layers.over_time[0].layer == 0);
  CHECK(layers.over_time[0].time_steps == std::vector<double>{0, 7});
  CHECK(layers.over_time[0].values[0] == std::vector<double>{2, 2});
  REQUIRE(layers.over_time[0].values[1].size() == 2);
  CHECK(std::isnan(layers.over_time[0].values[1][1]));
}

TEST_CASE("metrics of both modes are drawn where a run compares them") {
  SyntheticSweep sweep;
  json record = synthetic_record(reaching("none", 1, 2));
  for (json& evaluation : record["evaluations"])
    evaluation["modes"] = {{"training", {{"loss", 0.5}, {"error", 0.25}}},
                           {"evaluation", {{"loss", 0.75}, {"error", 0.125}}}};
  sweep.add(record);
  const SweepCurves curves = curves_of(sweep);
  REQUIRE(curves.quantities.size() == 9);
  CHECK(curves.quantities[4].path == "modes.training.error");
  CHECK(curves.quantities[4].label == "validation error, computed as in training");
  CHECK(curves.cells[0].runs[0].values[4] == std::vector<double>{0.25, 0.25});
  CHECK(curves.quantities[7].path == "modes.evaluation.loss");
}

TEST_CASE("layers before the first step come first, where records have them") {
  SyntheticSweep sweep;
  for (const unsigned seed : {1U, 2U}) {
    json record = with_layers(synthetic_record(reaching("none", seed, 2)), 1);
    record["initial"]["layers"] = record["evaluations"][0]["layers"];
    record["initial"]["layers"][0]["gradient_norm"] = 10 * seed;
    sweep.add(record);
  }
  sweep.add(with_layers(synthetic_record(reaching("none", 3, 2)), 1));
  const SweepCurves curves = curves_of(sweep);
  const LayerCurves& layers = curves.cells[0].layers.value();
  CHECK(layers.steps.front() == 0);
  CHECK(layers.epochs == std::vector<double>{0, 1, 2});
  CHECK(layers.values[0][0] == std::vector<double>{15, 1, 2});
  CHECK(layers.values[0][1] == std::vector<double>{7, 7, 7});
}

TEST_CASE("records of several folders are read where they are, and one that has gone is named") {
  SyntheticSweep first, second;
  first.add(synthetic_record(reaching("none", 1, 2)));
  const auto file = second.add(synthetic_record(reaching("none", 2, 3)));
  RecordFiles files;
  const std::vector folders{first.folder(), second.folder()};
  const SweepRecords sweep = load_pool(folders, files);
  const auto groups = group_by_seed(sweep, find_varying_settings(sweep.runs));
  CHECK(read_curves(groups, sweep, folders).cells[0].training == std::vector<Index>{2, 2, 1});
  std::filesystem::remove(file);
  CHECK_THROWS_AS(read_curves(groups, sweep, folders), RequestError);
}
