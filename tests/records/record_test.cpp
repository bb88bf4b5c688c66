#include "normlab/records/record.h"

#include <doctest/doctest.h>

#include <limits>

#include "normlab/experiment/config/config_json.h"
#include "normlab/experiment/process/cores.h"
#include "normlab/experiment/run/record_head.h"
#include "normlab/records/vocabulary.h"

using namespace normlab;

namespace {

RunConfig text_config() {
  return resolve({{"dataset", "text:x"}, {"model", "lstm"}, {"target", "validation.bits_per_character<=2"}});
}

RunResult finished_result() {
  RunResult result;
  result.status = RunStatus::reached_target;
  result.started = "2026-03-01T14:05:09Z";
  result.clock = {.steps = 1000, .seconds = 3, .cpu_seconds = 2, .warm_up_steps = 10, .warm_up_seconds = 0.1};
  result.step_seconds.median = 1e-3;
  Evaluation evaluation;
  evaluation.step = 10;
  evaluation.train = {0.7, 0.5, 1.01};
  evaluation.validation = {0.6931471805599453, 0.4, 1};
  evaluation.layers.push_back({.name = "fc1", .activation_mean = 0.5});
  result.evaluations.push_back(evaluation);
  result.target = {.reached = true, .after = {1, 7, 1.75}, .at = {1.5, 10, 2.5}};
  result.test = MetricValues{1.0, 0.5, 1.4427};
  return result;
}

bool is_plain_number(const Json& value) {
  return value.is_number();
}

}  // namespace

TEST_CASE("a record has what the format promises") {
  const Json record = make_record(record_head(text_config()), finished_result());
  CHECK(record["schema"] == "normlab.run/2");
  CHECK(record["started"] == "2026-03-01T14:05:09Z");
  CHECK(record["id"] == run_id(text_config()));
  CHECK(record["status"] == "reached_target");
  CHECK(record["config"] == to_json(text_config()));
  for (const char* field :
       {"normlab", "onednn", "compiler", "cpu", "simd", "threads", "cores", "operating_system"}) {
    CHECK(record["environment"].contains(field));
  }
  CHECK(record["convergence"] == Json{{"target", "validation.bits_per_character<=2"},
                                      {"epochs_after", 1},
                                      {"epochs", 1.5},
                                      {"steps_after", 7},
                                      {"steps", 10},
                                      {"train_seconds_after", 1.75},
                                      {"train_seconds", 2.5},
                                      {"train_seconds_from_median_step", 0.01}});
  CHECK_FALSE(record.contains("censored"));
  CHECK(record["evaluations"][0]["validation"]["bits_per_character"].get<double>() == doctest::Approx(1));
  CHECK(record["evaluations"][0]["layers"][0]["activation"]["mean"] == 0.5);
  CHECK(record["test"].contains("bits_per_character"));
  for (const char* field : {"startup_seconds", "checkpoint_seconds", "resumed", "peak_resident_bytes"}) {
    CHECK(is_plain_number(record[field]));
  }
  CHECK_FALSE(record.contains("diverged_step"));
}

TEST_CASE("a record describes the metrics that it has, in their order") {
  const Json of_text = {{{"name", "loss"}, {"unit", "nats"}, {"better", "lower"}},
                        {{"name", "error"}, {"unit", "fraction"}, {"better", "lower"}},
                        {{"name", "bits_per_character"}, {"unit", "bits"}, {"better", "lower"}}};
  CHECK(make_record(record_head(text_config()), finished_result())["metrics"] == of_text);
  FailedRun failed;
  CHECK_FALSE(make_failed_record(record_head(text_config()), "killed", failed).contains("metrics"));
  failed.evaluations = make_record(record_head(text_config()), finished_result())["evaluations"];
  CHECK(make_failed_record(record_head(text_config()), "killed", failed)["metrics"] == of_text);
}

TEST_CASE("a record says which data its run had, where these were files") {
  RunResult result = finished_result();
  const Json without = make_record(record_head(text_config()), result);
  CHECK_FALSE(without.contains("data_checksum"));
  CHECK_FALSE(is_of_other_data("", "ef46db3751d8e999"));
  result.data_checksum = "ef46db3751d8e999";
  const Json record = make_record(record_head(text_config()), result);
  CHECK(record["data_checksum"] == "ef46db3751d8e999");
  CHECK_FALSE(is_of_other_data("ef46db3751d8e999", "ef46db3751d8e999"));
  CHECK(is_of_other_data("ef46db3751d8e999", "d24ec4f1a98c6e5b"));
}

TEST_CASE("records of a text that is read as bytes name their bits for it") {
  const RunConfig config = resolve({{"dataset", {{"name", "text:x"}, {"unit", "byte"}}},
                                    {"model", "lstm"},
                                    {"target", "validation.bits_per_byte<=2"}});
  const Json record = make_record(record_head(config), finished_result());
  for (const Json& metrics : {record["test"], record["evaluations"][0]["validation"]}) {
    CHECK(metrics.contains("bits_per_byte"));
    CHECK_FALSE(metrics.contains("bits_per_character"));
  }
}

TEST_CASE("a record says where it ran, and beside how many runs, and whether its times can be believed") {
  const Json record =
      make_record(record_head(text_config(), {.pinned_cores = {2}, .jobs = 3}), finished_result());
  CHECK(record["environment"]["pinned_cores"] == Json{2});
  CHECK(record["environment"]["jobs"] == 3);
  CHECK(record["environment"]["cores"] == machine_cores());
  CHECK(record["training_clock"]["cpu_seconds"] == 2);
  CHECK(record["time_warnings"].size() == 2);
  CHECK(make_record(record_head(text_config()), {})["time_warnings"] == Json::array());
  CHECK(make_record(record_head(text_config()), {})["environment"]["pinned_cores"] == Json::array());
}

TEST_CASE("the record of a run that missed its target says where it is censored") {
  RunResult result = finished_result();
  result.status = RunStatus::missed_target;
  result.target = {.after = {6, 60, 3}};
  const Json record = make_record(record_head(resolve({{"target", "validation.error<=0.1"}})), result);
  CHECK_FALSE(record["test"].contains("bits_per_character"));  // of texts alone
  CHECK_FALSE(record.contains("convergence"));
  CHECK(record["censored"] == Json{{"target", "validation.error<=0.1"},
                                   {"epochs", 6},
                                   {"steps", 60},
                                   {"train_seconds", 3},
                                   {"train_seconds_from_median_step", 0.06}});
}

TEST_CASE("a record never holds a number that is not finite") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN(),
                   infinity = std::numeric_limits<double>::infinity();
  RunResult result = finished_result();
  result.status = RunStatus::diverged;
  result.diverged_step = 7;
  result.test.reset();
  Evaluation& evaluation = result.evaluations[0];
  evaluation.train = {nan, infinity, nan};
  evaluation.validation = {-infinity, nan, -infinity};
  evaluation.gradient_norm = infinity;
  evaluation.layers[0].gradient_norm = nan;
  result.step_seconds = {0, nan, nan, nan};
  Json written = make_record(record_head(text_config()), result);
  written.erase("environment");  // the compiler's flags may well have such letters in them
  const std::string text = record_text(written);
  for (const char* word : {"nan", "NaN", "inf", "Inf"}) CHECK(text.find(word) == text.npos);
  const Json record = parse_json(text, "record");
  CHECK(record["diverged_step"] == 7);
  CHECK(record["evaluations"][0]["train"]["loss"].is_null());
  CHECK(record["evaluations"][0]["gradient_norm"].is_null());
}

TEST_CASE("undefined and failed runs say why") {
  const Json undefined = make_undefined_record(record_head(text_config()), "no meaning");
  CHECK(undefined["status"] == "undefined");
  CHECK(undefined["reason"] == "no meaning");
  const Json failed = make_failed_record(record_head(text_config()), "killed by signal 9 (Killed)");
  CHECK(failed["status"] == "failed");
  CHECK(failed["cause"] == "killed by signal 9 (Killed)");
  CHECK_FALSE(failed.contains("started"));
  // A cause may be anything that a process printed.
  CHECK_NOTHROW(
      parse_json(record_text(make_failed_record(record_head(text_config()), "\xff\xfe")), "record"));
}

TEST_CASE("a sweep skips what ended by itself or has no meaning, and nothing else") {
  for (const char* status : {"reached_target", "missed_target", "finished", "diverged", "undefined"}) {
    CHECK(is_final_status(status));
  }
  for (const char* status : {"failed", "interrupted", ""}) CHECK_FALSE(is_final_status(status));
}
