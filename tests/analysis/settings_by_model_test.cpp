#include <doctest/doctest.h>

#include "normlab/analysis/build_report.h"
#include "normlab/analysis/export/format.h"
#include "synthetic_records.h"

namespace normlab {

TEST_CASE("a setting that only models differ in is in the report's head, not a column of every row") {
  SyntheticSweep sweep;
  for (const auto& [model, rate] : {std::pair{"mlp", 0.25}, {"lstm", 0.5}}) {
    for (const unsigned seed : {1U, 2U}) {
      nlohmann::json record = synthetic_record({.model = model, .seed = seed});
      record["config"]["optimizer"]["learning_rate"] = rate;
      sweep.add(record);
    }
  }
  const Report report = build_report(sweep.folder());
  CHECK(report.columns.empty());
  REQUIRE(report.by_model.size() == 1);
  CHECK(report.by_model[0].first == "optimizer.learning_rate");
  CHECK(report.by_model[0].second == "lstm: 0.5, mlp: 0.25");
  const std::string table = render_report(report, "table");
  CHECK(table.find("lstm: 0.5, mlp: 0.25") != std::string::npos);
  const auto json = nlohmann::json::parse(render_report(report, "json"));
  CHECK(json.at("settings_by_model").at("optimizer.learning_rate") == "lstm: 0.5, mlp: 0.25");
}

TEST_CASE("a setting that varies within a model is a column, with its value in every row") {
  SyntheticSweep sweep;
  for (const double rate : {0.25, 0.75}) {
    nlohmann::json record = synthetic_record({});
    record["config"]["optimizer"]["learning_rate"] = rate;
    record["id"] = rate < 0.3 ? "slow" : "fast";
    sweep.add(record);
  }
  const Report report = build_report(sweep.folder());
  CHECK(report.columns == std::vector<std::string>{"optimizer.learning_rate"});
  CHECK(report.by_model.empty());
  for (const char* format : {"table", "markdown", "csv"}) {
    const std::string text = render_report(report, format);
    CAPTURE(text);
    for (const char* part : {"optimizer.learning", "0.25", "0.75"})
      CHECK(text.find(part) != std::string::npos);
  }
}

}  // namespace normlab
