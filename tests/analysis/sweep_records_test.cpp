#include "normlab/analysis/sweep_records.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "files.h"
#include "normlab/analysis/seed_groups.h"
#include "normlab/core/error.h"
#include "synthetic_records.h"
#include "text.h"

using namespace normlab;
using testing::contains;
using testing::read_file;
using json = nlohmann::json;

namespace {

std::string refusal_of_folder(const std::filesystem::path& folder) {
  try {
    load_sweep(folder);
  } catch (const RequestError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("half-written and unreadable files are passed over and reported") {
  SyntheticSweep sweep;
  sweep.add(synthetic_record({}));
  sweep.write("runs/other.json.123.partial", "{\"schema\": \"norm");
  sweep.write("runs/cut.json", "{\"schema\": \"normlab.run/1\", \"id\"");
  sweep.write("runs/deep.json", std::string(400'000, '['));
  sweep.write("runs/empty.json", "");
  sweep.write("runs/poor.json", R"({"schema": "normlab.run/1", "id": "poor", "status": "finished"})");
  std::filesystem::create_directory(sweep.folder() / "runs" / "folder.json");
  const SweepRecords records = load_sweep(sweep.folder());
  CHECK(records.name == "quick");
  REQUIRE(records.runs.size() == 1);
  CHECK(records.runs[0].id == synthetic_record({})["id"]);
  REQUIRE(records.warnings.size() == 5);
  CHECK(contains(records.warnings[0], "cut.json"));
  CHECK(contains(records.warnings[1], "deep.json"));
  CHECK(contains(records.warnings[2], "empty.json"));
  CHECK(contains(records.warnings[3], "folder.json was passed over: it is not a file"));
  for (const std::string& warning : records.warnings) CHECK_FALSE(warning.ends_with("."));
  CHECK(contains(records.warnings[4], "poor.json was passed over: it has no config"));
}

TEST_CASE("a file that is not the record that its name says is named, left out and left alone") {
  SyntheticSweep sweep({{"schema", "normlab.sweep/1"},
                        {"name", "quick"},
                        {"runs", {synthetic_record({})["id"], synthetic_record({.seed = 2})["id"]}}});
  const auto own = sweep.add(synthetic_record({}));
  const std::string text = read_file(own);
  sweep.write("runs/copy.json", text);                            // two files with one id
  const auto foreign = sweep.add(synthetic_record({.seed = 3}));  // a record of some other sweep
  sweep.write("runs/notes.json", R"({"dear": "diary"})");
  json other_schema = synthetic_record({.seed = 2});
  other_schema["schema"] = "normlab.run/99";
  sweep.add(other_schema);
  const SweepRecords records = load_sweep(sweep.folder());
  REQUIRE(records.runs.size() == 1);
  CHECK(records.runs[0].id + ".json" == own.filename());
  REQUIRE(records.warnings.size() == 4);
  const auto warned = [&](const std::string& file, const std::string& why) {
    return std::any_of(records.warnings.begin(), records.warnings.end(), [&](const std::string& warning) {
      return contains(warning, file) && contains(warning, why);
    });
  };
  CHECK(warned("copy.json", "another file's name"));
  CHECK(warned(foreign.filename().string(), "does not list"));
  CHECK(warned("notes.json", "no schema"));
  CHECK(warned(other_schema["id"], "normlab.run/99"));
  CHECK(read_file(sweep.folder() / "runs" / "copy.json") == text);
}

TEST_CASE("a damaged sweep.json does not stop a report") {
  SyntheticSweep sweep;
  sweep.add(synthetic_record({}));
  for (const std::string& text : {std::string("{\"schema\": \"normlab"), std::string(400'000, '['),
                                  std::string(), std::string("[1]")}) {
    sweep.write("sweep.json", text);
    const SweepRecords records = load_sweep(sweep.folder());
    CHECK(records.runs.size() == 1);
    REQUIRE(records.warnings.size() == 1);
    CHECK(contains(records.warnings[0], "sweep.json was passed over"));
    CHECK_FALSE(records.warnings[0].ends_with("."));
  }
}

TEST_CASE("a report says that sweep.json is missing, or no file") {
  SyntheticSweep sweep;
  sweep.add(synthetic_record({}));
  CHECK(load_sweep(sweep.folder()).warnings.empty());
  std::filesystem::remove(sweep.folder() / "sweep.json");
  const SweepRecords records = load_sweep(sweep.folder());
  CHECK(records.runs.size() == 1);
  REQUIRE(records.warnings.size() == 1);
  CHECK(contains(records.warnings[0], "sweep.json is missing"));
  std::filesystem::create_directory(sweep.folder() / "sweep.json");
  CHECK(load_sweep(sweep.folder()).warnings ==
        std::vector<std::string>{"sweep.json was passed over: it is not a file"});
}

TEST_CASE("a folder that is no sweep is refused") {
  SyntheticSweep sweep;
  CHECK(contains(refusal_of_folder(sweep.folder() / "absent"), "absent"));
  CHECK(contains(refusal_of_folder(sweep.folder() / "sweep.json"), "not a folder"));
  CHECK(contains(refusal_of_folder(sweep.folder() / "runs"), "sweep.json and runs/"));
}

TEST_CASE("runs that differ in the seed alone make one group") {
  SyntheticSweep sweep;
  for (const unsigned seed : {3u, 1u, 10u, 2u}) sweep.add(synthetic_record({.seed = seed}));
  const SweepRecords records = load_sweep(sweep.folder());
  const VaryingSettings varying = find_varying_settings(records.runs);
  CHECK(varying.columns.empty());
  CHECK(varying.by_model.empty());
  const auto groups = group_by_seed(records, varying);
  REQUIRE(groups.size() == 1);
  REQUIRE(groups[0].runs.size() == 4);
  CHECK(groups[0].runs.back()->seed == 10);
}

TEST_CASE("settings that belong to one model or norm are no variation") {
  SyntheticSweep sweep;
  for (const char* model : {"mlp", "lstm", "cnn"}) {
    for (const char* norm : {"none", "batch", "layer"})
      sweep.add(synthetic_record({.model = model, .norm = norm}));
  }
  const SweepRecords records = load_sweep(sweep.folder());
  const VaryingSettings varying = find_varying_settings(records.runs);
  CHECK(varying.columns.empty());
  CHECK(varying.by_model.empty());
  CHECK(group_by_seed(records, varying).size() == 9);
}

TEST_CASE("a young setting that varies shows its default, and none where no run sets it") {
  SyntheticSweep sweep;
  json plain = synthetic_record({}), dropping = synthetic_record({}), older = synthetic_record({.seed = 2});
  plain["defaults"] = {{"model", {{"dropout", 0}}}};
  dropping["config"]["model"]["dropout"] = 0.5;
  sweep.add(plain);
  sweep.add(older);  // of a version that did not know the setting
  const auto columns = [&] { return find_varying_settings(load_sweep(sweep.folder()).runs).columns; };
  CHECK(columns().empty());
  sweep.add(with_own_id(dropping));
  REQUIRE(columns() == std::vector<std::string>{"model.dropout"});
  const SweepRecords records = load_sweep(sweep.folder());
  std::set<std::string> values;
  for (const SeedGroup& group : group_by_seed(records, find_varying_settings(records.runs)))
    values.insert(group.settings[0].dump());
  CHECK(values == std::set<std::string>{"0", "0.5", "null"});
}

TEST_CASE("a further setting that varies becomes a column and parts the groups") {
  SyntheticSweep sweep;
  for (const double rate : {1e-2, 1e-3}) {
    json record = synthetic_record({});
    record["config"]["optimizer"]["learning_rate"] = rate;
    sweep.add(record);
  }
  const SweepRecords records = load_sweep(sweep.folder());
  const VaryingSettings varying = find_varying_settings(records.runs);
  REQUIRE(varying.columns == std::vector<std::string>{"optimizer.learning_rate"});
  const auto groups = group_by_seed(records, varying);
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].settings[0] == 1e-3);
  CHECK(groups[1].settings[0] == 1e-2);
}

TEST_CASE("a setting that follows the model is described by model instead of parting groups") {
  SyntheticSweep sweep;
  for (const char* model : {"mlp", "lstm"}) {
    for (const char* norm : {"none", "layer"}) {
      const char* target = model == std::string("mlp") ? "validation.error<=0.12" : "validation.error<=0.15";
      sweep.add(synthetic_record({.model = model, .norm = norm, .target = target}));
    }
  }
  const SweepRecords records = load_sweep(sweep.folder());
  const VaryingSettings varying = find_varying_settings(records.runs);
  CHECK(varying.columns.empty());
  CHECK(varying.by_model == std::vector<std::string>{"target"});
}

TEST_CASE("two sizes of one model are two groups") {
  SyntheticSweep sweep;
  json wide = synthetic_record({});
  wide["config"]["model"]["hidden"] = {1000, 1000};
  sweep.add(wide);
  sweep.add(synthetic_record({}));
  const SweepRecords records = load_sweep(sweep.folder());
  CHECK(find_varying_settings(records.runs).columns == std::vector<std::string>{"model.hidden"});
}

TEST_CASE("groups follow the spec's models, the design's norms and ascending batch sizes") {
  const std::vector<json> specs = {
      {{"name", "a"},
       {"base", {{"model", "cnn"}}},
       {"grid", {{"model", {"lstm", "cnn", "mlp"}}, {"batch_size", {128, 4}}}}},
      {{"name", "b"}, {"grid", {{"model.name", {"lstm", "cnn", "mlp"}}}}},
      {{"name", "c"}, {"models", {{{"name", "lstm"}}, {{"name", "cnn"}}, {{"name", "mlp"}}}}}};
  for (const json& spec : specs) {
    SyntheticSweep sweep(spec);
    for (const char* model : {"mlp", "cnn", "lstm"}) {
      for (const char* norm : {"weight", "layer", "batch", "none"}) {
        for (const int batch_size : {128, 4, 32}) {
          sweep.add(synthetic_record({.model = model, .norm = norm, .batch_size = batch_size}));
        }
      }
    }
    const SweepRecords records = load_sweep(sweep.folder());
    const auto groups = group_by_seed(records, find_varying_settings(records.runs));
    REQUIRE(groups.size() == 36);
    CHECK(groups[0].model == "lstm");
    CHECK(groups[0].norm == "none");
    CHECK(groups[0].batch_size == 4);
    CHECK(groups[2].batch_size == 128);
    CHECK(groups[3].norm == "batch");
    CHECK(groups[6].norm == "layer");
    CHECK(groups[9].norm == "weight");
    CHECK(groups[12].model == "cnn");
    CHECK(groups[24].model == "mlp");
  }
}
