#include "normlab/analysis/build_report.h"
#include "normlab/analysis/export/format.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include "normlab/core/error.h"
#include "synthetic_records.h"
#include "text.h"

using namespace normlab;
using testing::contains;
using testing::lines_of;
using json = nlohmann::json;

TEST_CASE("every CSV line has as many fields as the header, and awkward text is quoted") {
  SyntheticSweep sweep;
  json failed = synthetic_record({.status = "failed"});
  failed["cause"] = "said \"no\"";
  sweep.add(failed);
  sweep.add(synthetic_record({.norm = "layer"}));
  const auto lines = lines_of(render_report(build_report(sweep.folder()), "csv"));
  REQUIRE(lines.size() == 3);
  CHECK(contains(lines[1], "\"failed: said \"\"no\"\" (seed 1)\""));
  const auto commas = [](const std::string& line) { return std::count(line.begin(), line.end(), ','); };
  CHECK(commas(lines[1]) == commas(lines[0]));
  CHECK(commas(lines[2]) == commas(lines[0]));
  CHECK(lines[2].rfind("mlp,layer,32,fashion-mnist,validation.error<=0.12,target,1,1,0,", 0) == 0);
}

TEST_CASE("markdown keeps its columns") {
  SyntheticSweep sweep;
  for (const char* norm : {"none", "batch", "layer"}) {
    for (const int batch_size : {4, 32, 128})
      sweep.add(synthetic_record({.norm = norm, .batch_size = batch_size}));
  }
  std::size_t bars = 0, rows = 0;
  for (const std::string& line : lines_of(render_report(build_report(sweep.folder()), "markdown"))) {
    if (line.empty() || line[0] != '|') continue;
    const std::size_t here = static_cast<std::size_t>(std::count(line.begin(), line.end(), '|'));
    if (rows++ == 0) bars = here;
    CHECK(here == bars);
  }
  CHECK(rows == 11);
}

TEST_CASE("texts from records neither steer a terminal nor break a table") {
  Report report;
  report.name = "two\nlines";
  report.columns = {"a|b"};
  ReportRow row;
  row.model = "m\x1b[2J";
  row.norm = "a,\"b\"\r\n";
  row.settings = {"c\\|d"};
  row.reasons = {"failed: x\ny"};
  row.runs = row.failed = 1;
  report.rows = {row};
  for (const char* format : {"table", "markdown", "csv"}) {
    const std::string text = render_report(report, format);
    CHECK_FALSE(contains(text, "\x1b"));
    CHECK_FALSE(contains(text, "\r"));
    CHECK(contains(text, "m\\"));
  }
  const std::vector<std::string> csv = lines_of(render_report(report, "csv"));
  REQUIRE(csv.size() == 2);
  CHECK(csv[1].starts_with(R"(m\x1b[2J,"a,""b""\r\n",0,c\|d,)"));
  const std::string markdown = render_report(report, "markdown");
  CHECK(contains(markdown, R"(## two\\nlines)"));
  CHECK(contains(markdown, R"( a\|b |)"));
  CHECK(contains(markdown, R"( c\\\|d |)"));
  CHECK(json::parse(render_report(report, "json"))["name"] == "two\nlines");
}

TEST_CASE("whatever a record says is printed without control characters, and not at any length") {
  const std::string poison = "x\x1b]0;\n\u009b2J" + std::string(5000, 'y');
  auto record = synthetic_record({.time_warnings = {poison, poison}});
  for (const char* field : {"cpu", "simd", "compiler", "normlab", "onednn"})
    record["environment"][field] = poison;
  record["config"]["model"]["hidden"] = json::array({poison});
  record["config"]["dataset"]["path"] = poison;
  record["config"]["optimizer"][poison] = poison;
  record["config"]["schedule"] = {{"name", poison}};
  auto failed = synthetic_record({.seed = 2, .status = "failed"});
  failed["cause"] = poison;
  SyntheticSweep sweep({{"schema", "normlab.sweep/1"}, {"name", poison}, {"description", poison}});
  sweep.add(record);
  sweep.add(failed);
  const Report report = build_report(sweep.folder());
  for (const char* format : {"table", "markdown", "csv"}) {
    const std::string text = render_report(report, format);
    CAPTURE(text);
    CHECK_FALSE(contains(text, "\x1b"));
    CHECK_FALSE(contains(text, "\u009b"));
    CHECK_FALSE(contains(text, "\n\\"));
    CHECK_FALSE(contains(text, std::string(400, 'y')));
    CHECK(contains(text, "x\\"));
  }
}

TEST_CASE("a name that is not UTF-8 is no obstacle to a report in JSON") {
  Report report;
  report.name = "\xff";
  CHECK_NOTHROW(render_report(report, "json"));
}

TEST_CASE("an unknown report format is refused with the nearest name") {
  CHECK(report_format("markdown").name == "markdown");
  CHECK(report_format_names() == std::vector<std::string>{"table", "markdown", "csv", "json", "html"});
  try {
    report_format("tabel");
    FAIL("accepted");
  } catch (const RequestError& error) {
    CHECK(contains(error.what(), "did you mean \"table\"?"));
  }
}
