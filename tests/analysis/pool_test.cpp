#include "normlab/analysis/pool.h"

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

SweepRecords pooled(const SyntheticSweep& a, const SyntheticSweep& b) {
  RecordFiles files;
  return load_pool({a.folder(), b.folder()}, files);
}

Report report_of(const SyntheticSweep& a, const SyntheticSweep& b) {
  RecordFiles files;
  return build_report(std::vector{a.folder(), b.folder()}, files);
}

json named(const std::string& name) {
  return {{"schema", "normlab.sweep/1"}, {"name", name}};
}

json with_setting(json record, const char* part, const char* name, const json& value) {
  record["config"][part][name] = value;
  return record;
}

}  // namespace

TEST_CASE("seeds of two folders stand in one row") {
  SyntheticSweep a(named("first")), b(named("second"));
  for (const unsigned seed : {1U, 2U}) a.add(synthetic_record({.seed = seed}));
  b.add(synthetic_record({.seed = 3}));
  const Report report = report_of(a, b);
  REQUIRE(report.rows.size() == 1);
  CHECK(report.rows[0].seeds == std::vector<std::uint64_t>{1, 2, 3});
  CHECK(report.name == "first + second");
  CHECK(report.warnings.empty());
  const std::string table = render_report(report, "table");
  CHECK(contains(table, a.folder().string() + " (2 runs), " + b.folder().string() + " (1 runs)\n"));
  const json folders = json::parse(render_report(report, "json"))["folders"];
  CHECK(folders ==
        json{{{"folder", a.folder().string()}, {"runs", 2}}, {{"folder", b.folder().string()}, {"runs", 1}}});
}

TEST_CASE("a run in two folders counts once, by the record that goes furthest") {
  for (const bool ended_first : {true, false}) {
    CAPTURE(ended_first);
    SyntheticSweep a, b;
    json cut = synthetic_record({.epochs_to_target = 4});
    cut["evaluations"].erase(3);
    cut["status"] = "interrupted";
    for (const char* field : {"convergence", "test"}) cut.erase(field);
    const json ended = synthetic_record({.epochs_to_target = 4});
    a.add(ended_first ? ended : cut);
    b.add(ended_first ? cut : ended);
    b.add(synthetic_record({.seed = 2}));
    const Report report = report_of(a, b);
    REQUIRE(report.rows.size() == 1);
    CHECK(report.rows[0].runs == 2);
    CHECK(report.rows[0].reached == 2);
    CHECK(report.rows[0].unfinished == 0);
    CHECK(contains(render_report(report, "table"), "runs that are in several count once (1)"));
    CHECK(json::parse(render_report(report, "json"))["repeated"] == 1);
  }
}

TEST_CASE("records of one id that contradict each other are refused with both files") {
  SyntheticSweep a, b;
  json record = synthetic_record({});
  const auto file = a.add(record);
  record["evaluations"][0]["validation"]["error"] = 0.5;
  const auto other = b.add(record);
  const std::string refusal = request_error([&] { pooled(a, b); });
  CHECK(refusal.starts_with("results: "));
  CHECK(contains(refusal, file.filename().string()));
  CHECK(contains(refusal, a.folder().filename().string()));
  CHECK(contains(refusal, b.folder().filename().string()));
  CHECK(contains(refusal, "from step 1719 on"));
}

TEST_CASE("a setting in which folders differ, and that none of them varies, is named with its values") {
  SyntheticSweep a, b;
  for (const double rate : {0.001, 0.01}) {
    const json record = with_setting(synthetic_record({}), "optimizer", "learning_rate", rate);
    a.add(with_setting(record, "evaluate_every", "epochs", 1));
    b.add(with_setting(record, "evaluate_every", "epochs", 0.5));
  }
  const Report report = report_of(a, b);
  CHECK(report.columns == std::vector<std::string>{"evaluate_every.epochs", "optimizer.learning_rate"});
  REQUIRE(report.warnings.size() == 1);
  CHECK(contains(report.warnings[0], "differ in evaluate_every.epochs"));
  CHECK(contains(report.warnings[0], "1 in " + a.folder().string()));
  CHECK(contains(report.warnings[0], "0.5 in " + b.folder().string()));
}

TEST_CASE("other machines, versions and data are named") {
  SyntheticSweep a, b;
  json record = synthetic_record({});
  record["data_checksum"] = "00aa";
  a.add(record);
  record = synthetic_record({.seed = 2});
  record["data_checksum"] = "00bb";
  record["environment"]["cpu"] = "Another CPU";
  record["environment"]["normlab"] = "0.2.0";
  b.add(record);
  const Report report = report_of(a, b);
  CHECK(any_contains(report.warnings, "different machines or thread counts"));
  CHECK(any_contains(report.warnings, "different versions"));
  CHECK(any_contains(report.warnings, "fashion-mnist were given different data"));
  CHECK(any_contains(report.warnings, "00aa, 00bb"));
}

TEST_CASE("warnings of a folder name it, and what no folder has is missing once") {
  json spec = named("first");
  spec["runs"] = {"mlp-none-b32-s9-00000000", synthetic_record({})["id"]};
  SyntheticSweep a(spec), b(spec);
  a.add(synthetic_record({}));
  b.add(synthetic_record({}));
  b.write("runs/broken.json", "{");
  const SweepRecords records = pooled(a, b);
  CHECK(records.name == "first");
  CHECK(records.expected.size() == 2);
  REQUIRE(records.warnings.size() == 1);
  CHECK(records.warnings[0].starts_with(b.folder().string() + ": runs/broken.json was passed over"));
}

TEST_CASE("pooled models stand in the order of the folders' specs") {
  json spec = named("first");
  spec["grid"] = {{"model", {"lstm"}}};
  SyntheticSweep a(spec);
  spec["grid"] = {{"model", {"cnn"}}};
  SyntheticSweep b(spec);
  a.add(synthetic_record({.model = "lstm"}));
  b.add(synthetic_record({.model = "cnn"}));
  CHECK(report_of(a, b).models == std::vector<std::string>{"lstm", "cnn"});
  CHECK(report_of(b, a).models == std::vector<std::string>{"cnn", "lstm"});
}
