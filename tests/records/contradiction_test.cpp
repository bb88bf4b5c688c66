#include "normlab/records/contradiction.h"

#include <doctest/doctest.h>

#include "synthetic_records.h"

using namespace normlab;
using nlohmann::json;

namespace {

const json run = synthetic_record({.epochs_to_target = 4});

}  // namespace

TEST_CASE("records of one run agree whatever their times are") {
  json other = synthetic_record({.epochs_to_target = 4, .step_seconds = 0.5});
  other["environment"]["cpu"] = "Another CPU";
  CHECK(contradiction_of(run, other) == "");
}

TEST_CASE("a record that was cut short, or is of another version, contradicts nothing") {
  json shorter = run;
  shorter["evaluations"].erase(3);
  shorter["status"] = "interrupted";
  shorter.erase("test");
  CHECK(contradiction_of(run, shorter) == "");
  CHECK(contradiction_of(shorter, run) == "");
  json older = run;
  for (json& evaluation : older["evaluations"]) evaluation.erase("gradient_norm");
  CHECK(contradiction_of(older, run) == "");
  CHECK(contradiction_of(run, synthetic_record({.status = "failed"})) == "");
}

TEST_CASE("another number at an evaluation, or in the test, is a contradiction") {
  json other = run;
  other["evaluations"][1]["validation"]["loss"] = 0.123;
  const std::string step = std::to_string(run["evaluations"][1]["step"].get<int>());
  CHECK(contradiction_of(run, other) == "from step " + step + " on");
  other = run;
  other["test"]["error"] = 0.5;
  CHECK(contradiction_of(other, run) == "in the results of the test");
}

TEST_CASE("a run that ended by itself ends so in every record, unless the clock ended it") {
  json other = run;
  other["evaluations"].erase(3);
  CHECK(contradiction_of(other, run) == "in how the run ended");
  CHECK(contradiction_of(run, other) == "in how the run ended");
  json diverged = run;
  diverged["status"] = "diverged";
  CHECK(contradiction_of(run, diverged) == "in how the run ended");
  json longer = run;
  longer["evaluations"].push_back(longer["evaluations"].back());
  longer["status"] = "interrupted";
  CHECK(contradiction_of(run, longer) == "in how the run ended");
  json timed = run;
  timed["config"]["budget"]["seconds"] = 3;
  other["config"]["budget"]["seconds"] = 3;
  other["test"]["error"] = 0.5;  // of another step
  CHECK(contradiction_of(other, timed) == "");
}
