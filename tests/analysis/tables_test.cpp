#include "normlab/analysis/export/tables.h"

#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "synthetic_records.h"

using namespace normlab;
using json = nlohmann::json;

namespace {

using Row = std::map<std::string, std::string>;

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields = {""};
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += line[++i];
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (line[i] == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += line[i];
    }
  }
  return fields;
}

std::vector<Row> rows_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  const std::vector<std::string> header = fields_of(line);
  std::vector<Row> rows;
  while (std::getline(stream, line)) {
    const std::vector<std::string> fields = fields_of(line);
    REQUIRE(fields.size() == header.size());
    Row& row = rows.emplace_back();
    for (std::size_t i = 0; i < header.size(); ++i) row[header[i]] = fields[i];
    CHECK(row.size() == header.size());  // no name twice
  }
  return rows;
}

// The tables of a sweep, read again.
struct Tables {
  explicit Tables(const SyntheticSweep& sweep, const std::string& target = "") {
    RecordFiles files(target);
    write_tables(sweep.folder() / "tables", load_sweep(sweep.folder(), files));
    runs = rows_of(sweep.folder() / "tables/runs.csv");
    evaluations = rows_of(sweep.folder() / "tables/evaluations.csv");
    layers = rows_of(sweep.folder() / "tables/layers.csv");
  }
  std::vector<Row> runs, evaluations, layers;
};

}  // namespace

TEST_CASE("a run's line has every setting, with the value that its config says") {
  json record = synthetic_record({.norm = "layer", .seed = 7});
  record["config"]["optimizer"]["learning_rate"] = 0.1 + 0.2;
  record["config"]["dataset"]["path"] = "a, \"b\"";
  record["defaults"] = {{"dataset", {{"test_limit", 0}}}};
  SyntheticSweep sweep;
  sweep.add(record);
  sweep.add(synthetic_record({.norm = "none"}));
  const Tables tables(sweep);
  REQUIRE(tables.runs.size() == 2);
  const Row& row = tables.runs[0];
  CHECK(row.at("id") == with_own_id(record)["id"]);
  CHECK(row.at("seed") == "7");
  CHECK(row.at("norm.name") == "layer");
  CHECK(std::stod(row.at("norm.epsilon")) == 1e-5);
  CHECK(tables.runs[1].at("norm.epsilon") == "");
  CHECK(std::stod(row.at("optimizer.learning_rate")) == 0.1 + 0.2);
  CHECK(row.at("dataset.path") == "a, \"b\"");
  CHECK(row.at("dataset.test_limit") == "0");
  CHECK(row.at("dataset.shuffle") == "true");
  CHECK(row.at("model.hidden") == "[256,256]");
  CHECK(row.at("batch_size") == "32");
  CHECK(row.at("environment.threads") == "1");
  CHECK(row.at("step_seconds.median") == "0.001");
  CHECK(row.at("test.error") == "0.125");
}

TEST_CASE("an event has both ends, and one that was not seen has infinity as its second") {
  SyntheticSweep sweep;
  sweep.add(synthetic_record({.norm = "none", .epochs_to_target = 3}));
  sweep.add(synthetic_record({.norm = "layer", .status = "missed_target"}));
  sweep.add(synthetic_record({.norm = "rms", .status = "undefined"}));
  std::map<std::string, Row> by_norm;
  for (const Row& row : Tables(sweep).runs) by_norm[row.at("norm.name")] = row;
  const Row& reached = by_norm["none"];
  CHECK(reached.at("event.target") == "validation.error<=0.12");
  CHECK(reached.at("event.reached") == "true");
  CHECK(reached.at("event.epochs_after") == "2");
  CHECK(reached.at("event.epochs") == "3");
  CHECK(reached.at("event.steps_after") == "3438");
  CHECK(reached.at("event.steps") == "5157");
  CHECK(reached.at("end.epochs") == "3");
  CHECK(reached.at("validation.best") == "0.12");
  CHECK(reached.at("reason") == "");
  const Row& censored = by_norm["layer"];
  CHECK(censored.at("event.reached") == "false");
  CHECK(censored.at("event.epochs_after") == "10");
  CHECK(censored.at("event.epochs") == "inf");
  CHECK(censored.at("event.train_seconds") == "inf");
  CHECK(censored.at("end.epochs") == "10");
  const Row& undefined = by_norm["rms"];
  CHECK(undefined.at("event.reached") == "");
  CHECK(undefined.at("event.epochs") == "");
  CHECK(undefined.at("reason") == "batch norm needs at least 2 samples a batch");
}

TEST_CASE("events of the table are of the target that was asked for") {
  SyntheticSweep sweep;
  sweep.add(synthetic_record({.status = "missed_target"}));
  const Row row = Tables(sweep, "validation.error<=0.2 for 2").runs.at(0);
  CHECK(row.at("event.target") == "validation.error<=0.2 for 2");
  CHECK(row.at("target") == "validation.error<=0.12");
  CHECK(row.at("event.epochs_after") == "2");
  CHECK(row.at("event.epochs") == "3");
}

TEST_CASE("every evaluation is a line, and so is every layer at it") {
  json record = synthetic_record({.norm = "layer", .epochs_to_target = 2});
  for (json& evaluation : record["evaluations"]) {
    for (const char* name : {"hidden_l0", "output"}) {
      evaluation["layers"].push_back({{"name", name},
                                      {"activation", {{"mean", 0.25}, {"deviation", nullptr}}},
                                      {"gradient_norm", 1e-30},
                                      {"parameter_gradient_norm", 2}});
    }
  }
  record["evaluations"][1]["train"]["loss"] = 1.0 / 3;
  SyntheticSweep sweep;
  sweep.add(record);
  sweep.add(synthetic_record({.norm = "none", .epochs_to_target = 4, .text_task = true}));
  const Tables tables(sweep);
  REQUIRE(tables.evaluations.size() == 6);
  const Row& second = tables.evaluations[1];
  CHECK(second.at("id") == tables.runs[0].at("id"));
  CHECK(second.at("norm.name") == "layer");
  CHECK(second.at("dataset.name") == "fashion-mnist");  // which varies
  CHECK_FALSE(second.contains("optimizer.name"));
  CHECK(std::stod(second.at("epoch")) == 2);
  CHECK(second.at("step") == "3438");
  CHECK(std::stod(second.at("train.loss")) == 1.0 / 3);
  CHECK(second.at("validation.error") == "0.12");
  CHECK(second.at("validation.bits_per_character") == "");
  CHECK(tables.evaluations[5].at("validation.bits_per_character") != "");
  CHECK(std::stod(second.at("seconds.train")) == record["evaluations"][1]["seconds"]["train"]);
  REQUIRE(tables.layers.size() == 4);
  CHECK(tables.layers[3].at("layer") == "output");
  CHECK(std::stod(tables.layers[3].at("epoch")) == 2);
  CHECK(tables.layers[3].at("activation.mean") == "0.25");
  CHECK(tables.layers[3].at("activation.deviation") == "");
  CHECK(tables.layers[3].at("activation.zero_fraction") == "");
  CHECK(std::stod(tables.layers[3].at("gradient_norm")) == 1e-30);
}

TEST_CASE("layers before the first step have lines at step 0, with the norms of their weights") {
  json record = synthetic_record({.epochs_to_target = 1});
  const json layers = {{{"name", "output"}, {"activation", {{"mean", 0.5}}}, {"weight_norm", 8}}};
  record["evaluations"][0]["layers"] = layers;
  record["initial"]["layers"] = layers;
  record["initial"]["layers"][0]["weight_norm"] = 4;
  SyntheticSweep sweep;
  sweep.add(record);
  const Tables tables(sweep);
  REQUIRE(tables.layers.size() == 2);
  CHECK(tables.layers[0].at("step") == "0");
  CHECK(tables.layers[0].at("epoch") == "0");
  CHECK(tables.layers[0].at("weight_norm") == "4");
  CHECK(tables.layers[1].at("step") == "1719");
  CHECK(tables.layers[1].at("weight_norm") == "8");
}

TEST_CASE("metrics of both modes have columns where a run compares them") {
  SyntheticSweep sweep;
  json record = synthetic_record({.norm = "none", .epochs_to_target = 1});
  sweep.add(record);
  CHECK_FALSE(Tables(sweep).evaluations[0].contains("modes.training.loss"));
  record = synthetic_record({.norm = "batch", .epochs_to_target = 1});
  record["config"]["track"] = "modes";
  record["evaluations"][0]["modes"] = {{"training", {{"loss", 0.5}, {"error", 0.25}}},
                                       {"evaluation", {{"loss", 0.75}, {"error", nullptr}}}};
  sweep.add(record);
  std::map<std::string, Row> by_norm;
  for (const Row& row : Tables(sweep).evaluations) by_norm[row.at("norm.name")] = row;
  CHECK(by_norm["batch"].at("modes.training.loss") == "0.5");
  CHECK(by_norm["batch"].at("modes.training.error") == "0.25");
  CHECK(by_norm["batch"].at("modes.evaluation.loss") == "0.75");
  CHECK(by_norm["batch"].at("modes.evaluation.error") == "");
  CHECK(by_norm["none"].at("modes.evaluation.loss") == "");
}

TEST_CASE("a sweep without records has tables without lines") {
  SyntheticSweep sweep;
  const Tables tables(sweep);
  CHECK(tables.runs.empty());
  CHECK(tables.evaluations.empty());
}
