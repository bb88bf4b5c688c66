#include "normlab/records/run_record.h"

#include <doctest/doctest.h>

#include "normlab/core/error.h"
#include "normlab/records/value_checks.h"
#include "synthetic_records.h"

using namespace normlab;
using nlohmann::json;

namespace {

RunRecord read(const json& record) {
  return RunRecordReader().read(record.dump(), "record");
}

}  // namespace

TEST_CASE("a run is read with what reports need of it") {
  const RunRecord run =
      read(synthetic_record({.model = "lstm", .norm = "layer", .batch_size = 4, .seed = 7}));
  CHECK(run.id == synthetic_record({.model = "lstm", .norm = "layer", .batch_size = 4, .seed = 7})["id"]);
  CHECK(run.status == "reached_target");
  CHECK(run.model == "lstm");
  CHECK(run.norm == "layer");
  CHECK(run.batch_size == 4);
  CHECK(run.seed == 7);
  CHECK(run.parameters == 269322);
  CHECK(run.environment->cpu == "Imaginary CPU");
  REQUIRE(run.event);
  CHECK(run.event->reached);
  CHECK(run.event->after.epochs == 2);
  CHECK(run.event->at.epochs == 3);
  CHECK(run.to_end->epochs == 3);
  CHECK(run.to_end->steps == 41250);
  CHECK(*run.to_end->train_seconds_from_median_step == doctest::Approx(41.25));
  CHECK(run.best == 0.12);
  CHECK(run.last == 0.12);
  CHECK(*run.elapsed_seconds == doctest::Approx(43.8125));
  CHECK(run.test_metric == "error");
  CHECK(run.data_checksum == "");
  json of_files = synthetic_record({});
  of_files["data_checksum"] = "ef46db3751d8e999";
  CHECK(read(of_files).data_checksum == "ef46db3751d8e999");
  CHECK(read(synthetic_record({.status = "undefined"})).reason ==
        "batch norm needs at least 2 samples a batch");
  CHECK(read(synthetic_record({.status = "failed"})).reason == "killed by signal 9");
  CHECK(read(synthetic_record({.status = "diverged"})).diverged_step == 812);
}

TEST_CASE("a run that missed its target, or ended before, is censored at its last evaluation") {
  const RunRecord missed = read(synthetic_record({.status = "missed_target"}));
  REQUIRE(missed.event);
  CHECK_FALSE(missed.event->reached);
  CHECK(missed.event->after.epochs == 10);
  CHECK(missed.best == doctest::Approx(0.141));
  CHECK_FALSE(read(synthetic_record({.status = "finished", .target = std::nullopt})).event);
}

TEST_CASE("events are found anew for another target, as far as the evaluations go") {
  const auto event = [](const char* target, const SyntheticRun& run) {
    return *RunRecordReader(target).read(synthetic_record(run).dump(), "record").event;
  };
  CHECK(event("validation.error<=0.23", {}).at.epochs == 2);  // its errors: 0.321, 0.221, 0.12
  CHECK(event("validation.error<=0.23", {}).after.epochs == 1);
  CHECK(event("validation.error<=0.23 for 2", {}).at.epochs == 2);
  CHECK_FALSE(event("validation.error<=0.23 for 3", {}).reached);
  CHECK(event("validation.error<=0.23 for 3", {}).after.epochs == 1);  // the row had begun
  CHECK(event("train.error<=0.2", {}).at.epochs == 2);
  CHECK_FALSE(event("validation.error<=0.1", {}).reached);
  CHECK(event("validation.error<=0.1", {}).after.epochs == 3);
  CHECK_THROWS_AS(event("validation.bits_per_character<=1", {}), RequestError);
}

TEST_CASE("the metric is that of the test, and of the first evaluation where there is none") {
  const SyntheticRun text{.text_task = true, .bits = "bits_per_byte"};
  CHECK(read(synthetic_record(text)).test_metric == "bits_per_byte");
  json record = synthetic_record({.status = "diverged", .text_task = true});
  REQUIRE_FALSE(record.contains("test"));
  CHECK(read(record).test_metric == "bits_per_character");
  CHECK(read(synthetic_record({.status = "diverged"})).test_metric == "error");
  record["evaluations"] = json::array();
  CHECK(read(record).test_metric == "");
}

TEST_CASE("the metric is the last that the record describes") {
  json record = synthetic_record({});
  record["metrics"] = {{{"name", "error"}, {"unit", "fraction"}, {"better", "higher"}},
                       {{"name", "loss"}, {"unit", "nats"}, {"better", "lower"}}};
  CHECK(read(record).test_metric == "loss");
  CHECK(read(record).better == Better::lower);
  std::swap(record["metrics"][0], record["metrics"][1]);
  CHECK(read(record).test_metric == "error");
  CHECK(read(record).better == Better::higher);
}

TEST_CASE("settings are those of the config but the seed, and runs share them") {
  RunRecordReader reader;
  const auto settings = [&](const SyntheticRun& run) {
    return reader.read(synthetic_record(run).dump(), "record").settings;
  };
  const auto first = settings({}), second = settings({.seed = 2}), other = settings({.batch_size = 4});
  CHECK(first == second);
  CHECK(first != other);
  CHECK(*setting_at(*first, "optimizer.beta2") == 0.999);
  CHECK(*setting_at(*first, "model.hidden") == json{256, 256});
  CHECK(text_setting_at(*first, "dataset.name") == "fashion-mnist");
  CHECK(text_setting_at(*first, "batch_size", "none") == "none");
  CHECK(setting_at(*first, "seed") == nullptr);
  CHECK(setting_at(*first, "model") == nullptr);
}

TEST_CASE("settings that a config leaves out at their default are found, and told from those that it says") {
  json record = synthetic_record({});
  record["defaults"] = {{"model", {{"dropout", 0}}}};
  const RunRecord run = read(record);
  REQUIRE(setting_at(*run.settings, "model.dropout") != nullptr);
  CHECK(*setting_at(*run.settings, "model.dropout") == 0);
  for (const auto& setting : *run.settings) CHECK(setting->implied == (setting->path == "model.dropout"));
}

TEST_CASE("numbers that are written differently stay apart") {
  RunRecordReader reader;
  for (const json& clip : {json(1), json(1.0)}) {
    json record = synthetic_record({});
    record["config"]["clip_gradient_norm"] = clip;
    const RunRecord run = reader.read(with_own_id(record).dump(), "record");
    CHECK(setting_at(*run.settings, "clip_gradient_norm")->dump() == clip.dump());
  }
}

TEST_CASE("what is no JSON is refused, and what is no record has a defect") {
  CHECK_THROWS_AS(RunRecordReader().read("{\"schema\"", "record"), RequestError);
  CHECK_THROWS_AS(RunRecordReader().read(std::string(100, '['), "record"), RequestError);
  CHECK_THROWS_WITH_AS(RunRecordReader().read("[]", "record"), "it is not a JSON object", RecordDefect);
  std::string twice = synthetic_record({}).dump();
  twice.insert(1, "\"evaluations\": [],");
  CHECK_THROWS_AS(RunRecordReader().read(twice, "record"), RequestError);
}
