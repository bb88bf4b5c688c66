#include "normlab/analysis/show.h"

#include <doctest/doctest.h>

#include <cmath>
#include <sstream>

#include "normlab/analysis/layer_table.h"
#include "normlab/analysis/text_chart.h"
#include "normlab/core/error.h"
#include "synthetic_records.h"
#include "text.h"

using namespace normlab;
using testing::contains;
using json = nlohmann::json;

namespace {

std::size_t widest_line(const std::string& text) {
  std::size_t widest = 0;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) widest = std::max(widest, text_columns(line));
  return widest;
}

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size()))
    ++count;
  return count;
}

std::string refusal(const std::filesystem::path& file) {
  try {
    show_record(file);
  } catch (const RequestError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a record is shown with its identity, convergence, test, settings and curves") {
  SyntheticSweep sweep;
  const std::string text = show_record(sweep.add(synthetic_record({.norm = "layer", .batch_size = 4})));
  for (const char* part :
       {"run mlp-layer-b4-s1-", "reached target", "validation.error<=0.12: reached after 3 epochs",
        "41250 steps", "error 0.1250", "median 1 ms", "mlp: activation relu, hidden [256,256]",
        "batch size 4", "269322 parameters", "Imaginary CPU", "validation error", "training loss",
        "target 0.12"}) {
    CHECK_MESSAGE(contains(text, part), part);
  }
  CHECK(widest_line(text) <= 100);
}

TEST_CASE("tracked layers are shown as of the last evaluation, a row for each") {
  json record = synthetic_record({});
  CHECK_FALSE(contains(render_record(record), "layers at the last evaluation"));
  record["evaluations"].back()["layers"] = {
      {{"name", "hidden_0"},
       {"activation", {{"mean", -0.25}, {"deviation", 1.5}, {"zero_fraction", 0.5}}},
       {"gradient_norm", 0.0625},
       {"parameter_gradient_norm", 3}},
      {{"name", std::string(200, 'x')}, {"activation", nullptr}}};
  const std::string text = render_record(record);
  CHECK(contains(text, "layers at the last evaluation"));
  for (const char* part : {"hidden_0", "-0.25", "1.5", "0.0625", "by parameters"}) {
    CHECK_MESSAGE(contains(text, part), part);
  }
  CHECK(widest_line(text) <= 100);
}

TEST_CASE("a sparkline goes by the logarithm, and skips evenly what it has no room for") {
  CHECK(sparkline(std::vector<double>{1, 10, 100, 0, NAN}, 1, 100, 30) == "▁▅█··");
  CHECK(sparkline(std::vector<double>{2, 2}, 2, 2, 30) == "▅▅");
  CHECK(sparkline(std::vector<double>{1, 100, 1, 100, 10}, 1, 100, 3) == "▁▁▅");
  CHECK(sparkline(std::vector<double>{1, 100}, 1, 100, 1) == "█");
  CHECK(sparkline(std::vector<double>{}, 1, 1, 5) == "");
}

TEST_CASE("the course of the layers' gradients is drawn, all on one scale") {
  json record = synthetic_record({});
  double norm = 0.01;
  for (json& evaluation : record["evaluations"]) {
    evaluation["layers"] = {{{"name", "hidden_0"}, {"gradient_norm", norm}},
                            {{"name", std::string(200, 'x')}, {"gradient_norm", 1}}};
    norm *= 10;
  }
  const std::string text = render_record(record);
  CHECK(contains(text, "course over 3 evaluations"));
  CHECK(contains(text, "by outputs ▁ 0.01 to █ 1; by parameters none"));
  CHECK(contains(text, "  ▁▅█"));
  CHECK(contains(text, "  ███"));
  CHECK(widest_line(text) <= 100);
}

TEST_CASE("layers before the first step begin their course, and the norms of their weights are shown") {
  json record = synthetic_record({});
  double norm = 0.1;
  for (json& evaluation : record["evaluations"]) {
    evaluation["layers"] = {{{"name", "hidden_0"}, {"gradient_norm", norm}, {"weight_norm", 12.5}}};
    norm *= 10;
  }
  record["initial"]["layers"] = {{{"name", "hidden_0"}, {"gradient_norm", 0.001}, {"weight_norm", 11}}};
  const std::string text = render_record(record);
  CHECK(contains(text, "12.5"));
  CHECK(contains(text, "from before the first step on, over 3 evaluations"));
  CHECK(contains(text, "by outputs ▁ 0.001 to █ 10"));
  CHECK(widest_line(text) <= 100);
}

TEST_CASE("every status can be shown") {
  for (const char* status :
       {"reached_target", "missed_target", "finished", "diverged", "undefined", "failed", "interrupted"}) {
    const std::string text = render_record(synthetic_record({.status = status, .epochs_to_target = 1}));
    CHECK(widest_line(text) <= 100);
    CHECK_FALSE(contains(text, "nan"));
  }
  CHECK(contains(render_record(synthetic_record({.status = "diverged"})), "diverged at step 812"));
  CHECK(contains(render_record(synthetic_record({.status = "undefined"})), "undefined: batch norm needs"));
  CHECK(contains(render_record(synthetic_record({.status = "failed"})), "failed: killed by signal 9"));
}

TEST_CASE("a run that doubts its times says so, and others do not") {
  CHECK(contains(render_record(synthetic_record({.time_warnings = {"the clock is slow"}})),
                 "doubtful times the clock is slow"));
  CHECK_FALSE(contains(render_record(synthetic_record({})), "doubtful"));
}

TEST_CASE("texts of a record are shown without control characters, on one line, and not at any length") {
  const std::string poison = "x\x1b]0;\n\u009b2J" + std::string(5000, 'y');
  for (const char* status : {"reached_target", "failed", "undefined"}) {
    auto record = synthetic_record({.status = status, .time_warnings = {poison}});
    for (const char* field : {"started", "cause", "reason", "id"}) record[field] = poison;
    record["environment"]["cpu"] = poison;
    record["environment"][poison] = {poison};
    record["config"]["target"] = "validation.error<=" + poison;
    record["config"]["optimizer"]["name"] = poison;
    record["config"]["also"] = {poison};
    record["config"]["model"][poison] = poison;
    const std::string text = render_record(record);
    CAPTURE(text);
    CHECK_FALSE(contains(text, "\x1b"));
    CHECK_FALSE(contains(text, "\u009b"));
    CHECK_FALSE(contains(text, std::string(400, 'y')));
    CHECK(contains(text, "started        x\\x1b]0;\\n"));
  }
}

TEST_CASE("text tasks show bits per character") {
  const std::string text = render_record(synthetic_record({.model = "lstm", .text_task = true}));
  CHECK(contains(text, "validation bits per character"));
}

TEST_CASE("texts that are read as bytes show bits per byte") {
  const std::string text =
      render_record(synthetic_record({.model = "lstm", .text_task = true, .bits = "bits_per_byte"}));
  CHECK(contains(text, "validation bits per byte"));
  CHECK(contains(text, "bits per byte 0.5410"));
}

TEST_CASE("files that are no run records are refused by name") {
  SyntheticSweep sweep;
  CHECK(contains(refusal(sweep.folder() / "sweep.json"), "sweep.json"));
  CHECK(contains(refusal(sweep.write("list.json", "[1, 2]")), "list.json"));
  CHECK(contains(refusal(sweep.write("cut.json", "{\"schema\"")), "is not JSON"));
  CHECK(contains(refusal(sweep.folder() / "absent.json"), "absent.json"));
  CHECK(contains(refusal(sweep.write("poor.json", R"({"schema": "normlab.run/1", "id": "x"})")), "status"));
}

TEST_CASE("a chart draws its extremes on the first and last line") {
  TextChart chart;
  chart.title = "line";
  chart.points = {{0, 0}, {1, 1}};
  chart.width = 10;
  chart.height = 3;
  CHECK(render_chart(chart) ==
        "line\n"
        "       1 ┤      ╭──●\n"
        "     0.5 ┤  ╭───╯\n"
        "       0 ┤●─╯\n"
        "         └──────────\n"
        "          0        1\n");
}

TEST_CASE("charts of one point, of equal values and of none are drawn without a division by zero") {
  TextChart chart;
  chart.title = "error";
  CHECK(render_chart(chart) == "error: no points\n");
  chart.points = {{3, 0.5}};
  CHECK(occurrences(render_chart(chart), "●") == 1);
  CHECK(contains(render_chart(chart), "0.5 ┤"));
  chart.points = {{1, 0.5}, {2, 0.5}, {3, 0.5}};
  CHECK(occurrences(render_chart(chart), "●") == 3);
  CHECK_FALSE(contains(render_chart(chart), "nan"));
}

TEST_CASE("many points are drawn as a line without dots, within the width") {
  TextChart chart;
  for (int i = 0; i < 1000; ++i) chart.points.push_back({static_cast<double>(i), 1.0 / (1 + i)});
  const std::string text = render_chart(chart);
  CHECK(occurrences(text, "●") == 0);
  CHECK(widest_line(text) <= 100);
}

TEST_CASE("a threshold beyond the curve is on the chart") {
  TextChart chart;
  chart.points = {{1, 0.5}, {2, 0.4}};
  chart.threshold = 0.1;
  chart.threshold_label = "target 0.1";
  CHECK(contains(render_chart(chart), "target 0.1"));
  CHECK(contains(render_chart(chart), " 0.1 ┤"));
}
