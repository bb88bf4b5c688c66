#include "normlab/records/record_check.h"
#include "normlab/records/run_id.h"
#include "normlab/records/run_record.h"
#include "normlab/records/value_checks.h"

#include <doctest/doctest.h>

#include "normlab/experiment/config/config_json.h"
#include "normlab/experiment/run/record_head.h"
#include "synthetic_records.h"

using namespace normlab;
using nlohmann::json;

namespace {

// What the reader for reports says of it, which never has all of the record in memory.
std::string defect_in_report(const json& record) {
  try {
    RunRecordReader().read(record.dump(), "record");
    return "";
  } catch (const RecordDefect& defect) {
    return defect.what();
  }
}

// Calls spoil(record) on a whole record of this status, and says what is found wrong.
template <class Spoil>
std::string defect_after(const char* status, Spoil&& spoil) {
  const bool has_target = status != std::string("finished");
  json record = synthetic_record(
      {.status = status,
       .target = has_target ? std::optional<std::string>("validation.error<=0.12") : std::nullopt});
  REQUIRE(record_defect(record) == "");
  spoil(record);
  const std::string defect = record_defect(record);
  CHECK(defect_in_report(record) == defect);
  return defect;
}

// Each of `paths` removed, and each set to what it cannot be.
void check_needs(const char* status, const std::vector<const char*>& paths) {
  for (const char* path : paths) {
    CAPTURE(status);
    CAPTURE(path);
    const json::json_pointer pointer(path);
    CHECK(defect_after(status, [&](json& record) {
            record.at(pointer.parent_pointer()).erase(pointer.back());
          }) != "");
    for (const json& value : {json(json::array({json::array()})), json(true), json(-1)})
      CHECK(defect_after(status, [&](json& record) { record.at(pointer) = value; }) != "");
  }
}

}  // namespace

TEST_CASE("a target that was reached is one of the config") {
  CHECK(defect_after("diverged", [](json& record) {
          record["convergence"] = synthetic_record({})["convergence"];
          record["config"]["target"] = nullptr;
          record["id"] = id_of_config(record["config"]);
        }).find("config.target") != std::string::npos);
}

TEST_CASE("a status without its evidence is none") {
  for (const char* status : {"reached_target", "missed_target", "finished"}) {
    check_needs(status, {"/schema", "/id", "/status", "/config", "/environment", "/evaluations", "/test",
                         "/step_seconds/count", "/step_seconds/median", "/resumed", "/model/parameters",
                         "/evaluations/0/step", "/evaluations/0/epoch", "/evaluations/0/seconds/train"});
    CHECK(defect_after(status, [](json& record) { record["evaluations"] = json::array(); }) ==
          "it has no evaluations");
    CHECK(defect_after(status, [](json& record) { record["test"]["error"] = nullptr; }) != "");
    CHECK(defect_after(
              status, [](json& record) { record["evaluations"][0]["validation"]["error"] = nullptr; }) != "");
    CHECK(defect_after(status, [](json& record) { record["step_seconds"]["count"] = 0; }) != "");
    CHECK(defect_after(status, [](json& record) { record["evaluations"][1]["step"] = 1; }) != "");
  }
  check_needs("reached_target", {"/convergence", "/convergence/epochs", "/convergence/steps"});
  check_needs("diverged", {"/diverged_step"});
  check_needs("undefined", {"/reason"});
  check_needs("failed", {"/cause"});
  CHECK(record_defect({{"status", "finished"}}) == "it has no schema");
  CHECK(record_defect(json::array()) == "it is not a JSON object");
  CHECK(defect_after("missed_target", [](json& record) { record["status"] = "finished"; }) != "");
  CHECK(defect_after("finished", [](json& record) { record["status"] = "missed_target"; }) != "");
}

TEST_CASE("a record whose config was changed has the id of another") {
  CHECK(defect_after("finished", [](json& record) {
          record["config"]["optimizer"]["learning_rate"] = 0.5;
        }).find("its config's is") != std::string::npos);
  CHECK(defect_after("finished", [](json& record) { record["id"] = "mlp-none-b32-s1-00000000"; }) != "");
}

TEST_CASE("what a run writes is a record, with the id that its config gives as written") {
  const RunConfig config =
      resolve({{"norm", "layer"}, {"optimizer", {{"name", "adam"}, {"learning_rate", 1e-5}}}});
  CHECK(id_of_config(nlohmann::json(to_json(config))) == run_id(config));
  RunResult result;
  result.status = RunStatus::diverged;
  result.diverged_step = 3;
  result.started = "2026-01-31T12:00:00Z";
  CHECK(record_defect(make_record(record_head(config), result)) == "");
  CHECK(record_defect(make_undefined_record(record_head(config), "because")) == "");
  CHECK(record_defect(make_failed_record(record_head(config), "killed")) == "");
}

TEST_CASE("counts are integers that reports can compute with, and seeds all that 64 bits hold") {
  for (const json& count : {json(9007199254740993u), json(18446744073709551615u), json(-1), json(2.5)}) {
    CAPTURE(count.dump());
    CHECK(defect_after("finished", [&](json& record) { record["model"]["parameters"] = count; }) != "");
  }
  const auto with_seed = [](const json& seed) {
    return defect_after("finished", [&](json& record) {
      record["config"]["seed"] = seed;
      record["id"] = id_of_config(record["config"]);
    });
  };
  CHECK(with_seed(18446744073709551615u) == "");
  CHECK(with_seed(-1).find("config.seed") != std::string::npos);
}

TEST_CASE("a failed record may have evaluations, and these have to be evaluations") {
  const json evaluations = synthetic_record({})["evaluations"];
  CHECK(defect_after("failed", [&](json& record) { record["evaluations"] = evaluations; }) == "");
  CHECK(defect_after("failed", [&](json& record) { record["evaluations"] = {{{"step", 1}}}; }) != "");
}

TEST_CASE("a record's checksum of its data is hexadecimal digits, and older records have none") {
  const auto defect_with = [](const json& value) {
    return defect_after("finished", [&](json& record) { record["data_checksum"] = value; });
  };
  CHECK(defect_after("finished", [](json& record) { record.erase("data_checksum"); }) == "");
  CHECK(defect_with("ef46db3751d8e999") == "");
  for (const json& value : {json(7), json(nullptr), json(""), json("EF"), json(json::array())}) {
    CAPTURE(value.dump());
    CHECK(defect_with(value) != "");
  }
}

TEST_CASE("evaluations are checked field by field, whatever stands in their place") {
  const auto defect_with = [](const json& evaluation) {
    return defect_after("finished", [&](json& record) { record["evaluations"][1] = evaluation; });
  };
  const json whole = synthetic_record({})["evaluations"][1];
  CHECK(defect_with(whole) == "");
  for (const json& none : {json(), json(7), json::array(), json::array({whole}), json{{"layers", {whole}}}}) {
    CAPTURE(none.dump());
    CHECK(defect_with(none) == "it has no step");
  }
  const auto defect_where = [&](const char* path, const json& value) {
    json evaluation = whole;
    evaluation[json::json_pointer(path)] = value;
    return defect_with(evaluation);
  };
  CHECK(defect_where("/step", json::array({1})) == "its step is not an integer of at least 1, below 2^53");
  CHECK(defect_where("/epoch", -1) == "its epoch is below 0");
  CHECK(defect_where("/seconds", json::array({whole["seconds"]})) == "it has no seconds.train");
  CHECK(defect_where("/seconds/train", json::object({{"train", 1}})) == "its seconds.train is not a number");
  CHECK(defect_where("/train/loss", "small") == "its train.loss is not a number");
  CHECK(defect_where("/validation/error", nullptr) == "its validation.error is not a number");
  CHECK(defect_where("/layers", json::array({{{"step", -1}, {"train", {{"loss", "?"}}}}})) == "");
  CHECK(defect_where("/deeper", {{"train", {{"loss", "?"}}}, {"step", -1}}) == "");
}

TEST_CASE("a list of evaluations within something else is not the record's") {
  CHECK(defect_after("finished", [](json& record) {
          record["environment"]["evaluations"] = {1, 2, 3};
          record["notes"] = {{"evaluations", {{{"step", 0}}}}};
        }) == "");
  for (const json& none : {json(), json(7), json{{"step", 1}}, json("evaluations")}) {
    CAPTURE(none.dump());
    CHECK(defect_after("finished", [&](json& record) { record["evaluations"] = none; }) ==
          "its evaluations are not a list");
  }
}

TEST_CASE("metrics are a list of names, units and directions, and what they name is in every evaluation") {
  const json described = {{{"name", "loss"}, {"unit", "nats"}, {"better", "lower"}},
                          {{"name", "error"}, {"unit", "fraction"}, {"better", "lower"}}};
  const auto defect_with = [&](auto&& spoil) {
    return defect_after("finished", [&](json& record) {
      record["metrics"] = described;
      spoil(record["metrics"]);
    });
  };
  CHECK(defect_with([](json&) {}) == "");
  const std::string no_list = "its metrics are not a list of names, units and directions";
  for (const char* field : {"name", "unit", "better"}) {
    CHECK(defect_with([&](json& metrics) { metrics[0].erase(field); }) == no_list);
    CHECK(defect_with([&](json& metrics) { metrics[1][field] = 7; }) == no_list);
  }
  CHECK(defect_with([](json& metrics) { metrics[1]["better"] = "more"; }) == no_list);
  CHECK(defect_with([](json& metrics) { metrics[1]["name"] = "a.b"; }) == no_list);
  CHECK(defect_with([](json& metrics) { metrics[1]["name"] = "loss"; }) == "its metrics have one name twice");
  for (const json& none : {json(7), json(nullptr), json::object(), json::array()})
    CHECK(defect_with([&](json& metrics) { metrics = none; }) != "");
  // One that only some evaluations have, and one that none has.
  CHECK(defect_with([](json& metrics) {
          metrics.push_back({{"name", "f1"}, {"unit", ""}, {"better", "higher"}});
        }) == "it has no train.f1");
  CHECK(defect_after("finished", [](json& record) { record["evaluations"][2]["train"].erase("error"); }) ==
        "it has no train.error");
  CHECK(defect_after("undefined", [](json& record) { record["metrics"] = 7; }) != "");
}
