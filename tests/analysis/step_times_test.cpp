// Step times that were measured apart, in reports.
#include "normlab/analysis/step_times.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "normlab/analysis/build_report.h"
#include "normlab/analysis/export/format.h"
#include "normlab/records/run_id.h"
#include "synthetic_records.h"
#include "text.h"

using namespace normlab;
using testing::contains;
using json = nlohmann::json;

namespace {

// Of 15 rounds that differ by up to 1.4 % either way.
CellTimes timed(const SyntheticRun& run, double seconds) {
  const json config = synthetic_record(run)["config"];
  CellTimes cell{
      .cell = cell_of_config(config), .settings = timed_settings(config), .round_seconds = {}, .steps = 900};
  for (int round = -7; round <= 7; ++round) cell.round_seconds.push_back(seconds * std::exp(0.002 * round));
  return cell;
}

StepTimesRecord times_of(std::vector<CellTimes> cells) {
  return {.name = "quick",
          .started = "2026-03-01T14:05:09Z",
          .environment = {{"cpu", "Imaginary CPU"}, {"simd", "AVX2"}, {"normlab", "0.1.0"}},
          .rounds = 15,
          .order_seed = 1,
          .core_taken = std::vector<double>(15, 0.0),
          .cells = std::move(cells)};
}

void add_timed_runs(SyntheticSweep& sweep, SyntheticRun run, const std::vector<double>& epochs) {
  for (std::size_t i = 0; i < epochs.size(); ++i) {
    run.seed = static_cast<unsigned>(i + 1);
    run.epochs_to_target = epochs[i];
    sweep.add(synthetic_record(run));
  }
}

void add_times(SyntheticSweep& sweep, const StepTimesRecord& times) {
  sweep.write("times.json", to_json(times).dump());
}

const ReportRow& row_of(const Report& report, const std::string& norm) {
  for (const ReportRow& row : report.rows) {
    if (row.norm == norm) return row;
  }
  throw std::logic_error("no row of " + norm);
}

}  // namespace

TEST_CASE("seconds to the target are the steps' mean times the time of a step, however the clock ran") {
  SyntheticSweep sweep;
  // 110000 / 32 = 3437.5, 5156.25 and 6875 steps, rounded up.
  add_timed_runs(sweep, {.norm = "layer", .step_seconds = 0.5}, {2, 3, 4});
  add_timed_runs(sweep, {.norm = "none"}, {2});
  add_times(sweep, times_of({timed({.norm = "layer"}, 2e-3), timed({.norm = "none"}, 1e-3)}));
  const Report report = build_report(sweep.folder());
  CHECK(report.warnings.empty());
  const std::optional<GroupTimes>& layer = row_of(report, "layer").times;
  REQUIRE(layer);
  CHECK(layer->step.median == doctest::Approx(2e-3));
  CHECK(layer->step.lower == doctest::Approx(2e-3 * std::exp(-0.008)));
  CHECK(layer->step.upper == doctest::Approx(2e-3 * std::exp(0.008)));
  REQUIRE(layer->seconds);
  const double mean = (3438.0 + 5157 + 6875) / 3;
  CHECK(layer->seconds->mean == doctest::Approx(2e-3 * mean));
  const double variance =
      (std::pow(3438 - mean, 2) + std::pow(5157 - mean, 2) + std::pow(6875 - mean, 2)) / 6;
  const double distance = std::hypot(4.302653 * std::sqrt(variance) / mean, 0.008);
  CHECK(layer->seconds->lower == doctest::Approx(2e-3 * mean * std::exp(-distance)));
  CHECK(layer->seconds->upper == doctest::Approx(2e-3 * mean * std::exp(distance)));

  const std::string table = render_report(report, "table");
  CHECK(contains(table, "step, ms"));
  CHECK_FALSE(contains(table, "train seconds"));
  CHECK_FALSE(contains(table, "steps × median"));
  CHECK(contains(table, "2.000 (1.984–2.016)"));
  CHECK(contains(table, "variances of the logarithms"));
  CHECK(contains(table, "measured apart, 15 rounds"));
  const json written = json::parse(render_report(report, "json"));
  const json& row = written["rows"][0];
  CHECK(row["norm"] == "none");
  CHECK(row["step_seconds"]["median"].get<double>() == doctest::Approx(1e-3));
  CHECK(row["seconds"]["mean"].get<double>() == doctest::Approx(3.438));
  CHECK(row["seconds"]["low"].is_null());  // one seed says nothing of the spread
  CHECK(row["train_seconds"]["median"].is_number());
  CHECK(written["rows"][1]["seconds"]["low"].is_number());
  const std::string csv = render_report(report, "csv");
  CHECK(contains(csv,
                 "step_seconds,step_seconds_low,step_seconds_high,seconds,seconds_low,seconds_high,"
                 "seconds_censored,test_compares,test_metric"));
}

TEST_CASE("seconds have as many digits as their size is worth") {
  for (const auto& [step_seconds, text] :
       {std::pair{1e-6, "0.017"}, {1e-4, "1.72"}, {1e-3, "17.2"}, {1e-2, "172"}}) {
    SyntheticSweep sweep;  // 17,188 steps to the target
    add_timed_runs(sweep, {.norm = "layer"}, {10});
    add_times(sweep, times_of({timed({.norm = "layer"}, step_seconds)}));
    const std::string table = render_report(build_report(sweep.folder()), "table");
    CAPTURE(table);
    CHECK(contains(table, std::string(" ") + text + " "));
  }
}

TEST_CASE("every row of the CSV has a field for each column, whatever is known of its times") {
  SyntheticSweep sweep;
  add_timed_runs(sweep, {.norm = "layer"}, {2, 3});
  add_timed_runs(sweep, {.norm = "none"}, {2});
  add_timed_runs(sweep, {.norm = "rms"}, {2});
  add_timed_runs(sweep, {.norm = "batch", .status = "missed_target"}, {2});
  add_times(sweep, times_of({timed({.norm = "layer"}, 2e-3), timed({.norm = "none"}, 1e-3),
                             timed({.norm = "batch"}, 1e-3)}));
  std::istringstream lines(render_report(build_report(sweep.folder()), "csv"));
  std::vector<std::size_t> commas;
  for (std::string line; std::getline(lines, line);)
    commas.push_back(static_cast<std::size_t>(std::count(line.begin(), line.end(), ',')));
  REQUIRE(commas.size() == 5);
  for (const std::size_t count : commas) CHECK(count == commas[0]);
}

TEST_CASE("runs that miss, diverge or have no target are counted as far as they say something") {
  SyntheticSweep sweep;
  add_timed_runs(sweep, {.norm = "layer"}, {2, 2});
  sweep.add(synthetic_record({.norm = "layer", .seed = 3, .status = "missed_target"}));
  add_timed_runs(sweep, {.norm = "none", .status = "missed_target"}, {1, 1});
  add_timed_runs(sweep, {.norm = "batch"}, {4});
  sweep.add(synthetic_record({.norm = "batch", .seed = 2, .status = "diverged"}));
  add_timed_runs(sweep, {.norm = "rms", .status = "finished", .target = std::nullopt}, {1});
  add_times(sweep, times_of({timed({.norm = "layer"}, 1e-3), timed({.norm = "none"}, 1e-3),
                             timed({.norm = "batch"}, 1e-3), timed({.norm = "rms"}, 1e-3)}));
  const Report report = build_report(sweep.folder());
  const auto& layer = row_of(report, "layer").times->seconds;
  REQUIRE(layer);
  CHECK(layer->censored);
  CHECK(layer->horizon == doctest::Approx(17.188));  // ten epochs
  CHECK(layer->mean == doctest::Approx((2 * 3.438 + 17.188) / 3));
  CHECK_FALSE(row_of(report, "none").times->seconds);
  const auto& batch = row_of(report, "batch").times->seconds;
  CHECK(batch->censored);
  CHECK(batch->horizon == doctest::Approx(17.19));  // ten of its epoch of 1719 steps
  CHECK(batch->mean == doctest::Approx((6.875 + 17.19) / 2));
  const auto& rms = row_of(report, "rms").times->seconds;
  CHECK_FALSE(rms->censored);
  CHECK(rms->mean == doctest::Approx(17.188));
  CHECK(contains(render_report(report, "table"), "≥ 8.02"));
}

TEST_CASE("times of another machine, of other cells or of no use are not used, and that is said") {
  SyntheticSweep sweep;
  add_timed_runs(sweep, {.norm = "layer"}, {2, 3});
  StepTimesRecord times = times_of({timed({.norm = "layer"}, 1e-3)});
  times.environment["cpu"] = "Another CPU";
  add_times(sweep, times);
  Report report = build_report(sweep.folder());
  CHECK_FALSE(report.rows[0].times);
  CHECK(contains(render_report(report, "table"), "times.json is of another machine (Another CPU)"));
  CHECK_FALSE(contains(render_report(report, "table"), "step, ms"));

  add_times(sweep, times_of({timed({.norm = "layer", .batch_size = 4}, 1e-3)}));
  CHECK_FALSE(build_report(sweep.folder()).rows[0].times);

  // A row of runs whose steps take differently long has no time of a step.
  add_timed_runs(sweep, {.norm = "rms"}, {2, 3});
  add_times(sweep, times_of({timed({.norm = "layer"}, 1e-3), timed({.norm = "rms"}, 1e-3)}));
  RecordFiles files;
  json other = synthetic_record({.norm = "rms", .seed = 9});
  other["config"]["clip_gradient_norm"] = 0.5;
  sweep.add(other);
  report = build_report(sweep.folder(), files, {.by = {"batch_size"}});
  CHECK(row_of(report, "layer").times);
  CHECK_FALSE(row_of(report, "rms").times);

  sweep.write("times.json", R"({"schema": "normlab.times/2"})");
  report = build_report(sweep.folder());
  CHECK_FALSE(report.rows[0].times);
  CHECK(contains(render_report(report, "table"), "times.json was passed over"));

  times = times_of({timed({.norm = "layer"}, 1e-3)});
  times.core_taken.assign(15, 0.5);
  add_times(sweep, times);
  report = build_report(sweep.folder());
  CHECK(report.rows[0].times);
  CHECK(contains(render_report(report, "table"), "times.json: other processes took 50 % of the core"));
}

TEST_CASE("contrasts of seconds are those of steps times the ratio of step times, less sure by both") {
  SyntheticSweep sweep;
  add_timed_runs(sweep, {.norm = "layer"}, {2, 3, 4, 3});
  add_timed_runs(sweep, {.norm = "none"}, {5, 7, 6, 8});
  add_times(sweep, times_of({timed({.norm = "none"}, 1e-3), timed({.norm = "layer"}, 1.5e-3)}));
  RecordFiles files;
  const auto contrast = [&](Measure measure) {
    return build_report(sweep.folder(), files, {.contrasts = ContrastRequest{"norm", "none", measure}})
        .contrasts.at(0);
  };
  const Contrast steps = contrast(Measure::steps), seconds = contrast(Measure::seconds);
  CHECK(seconds.ratio->ratio == doctest::Approx(1.5 * steps.ratio->ratio).epsilon(1e-6));
  CHECK(seconds.first.mean == doctest::Approx(1.5e-3 * steps.first.mean));
  // The rounds of both cells go up together here, so that their ratio is exact.
  CHECK(seconds.ratio->lower == doctest::Approx(1.5 * steps.ratio->lower).epsilon(1e-6));
  CHECK(seconds.test->p >= steps.test->p + 0.001);
  CHECK(contrast(Measure::epochs).ratio->ratio == doctest::Approx(steps.ratio->ratio).epsilon(1e-3));

  CellTimes layer = timed({.norm = "layer"}, 1.5e-3);
  for (std::size_t i = 0; i < layer.round_seconds.size(); ++i)
    layer.round_seconds[i] *= std::exp((i % 2 == 0 ? 0.05 : -0.05) * static_cast<double>(i));
  add_times(sweep, times_of({timed({.norm = "none"}, 1e-3), layer}));
  const Contrast unsure = contrast(Measure::seconds);
  const MedianInterval ratio = step_ratio(layer, timed({.norm = "none"}, 1e-3));
  CHECK(std::log(unsure.ratio->ratio / unsure.ratio->lower) ==
        doctest::Approx(std::hypot(std::log(steps.ratio->ratio / steps.ratio->lower),
                                   std::log(ratio.median / ratio.lower)))
            .epsilon(0.01));
  CHECK(unsure.test->p > seconds.test->p);
}

TEST_CASE("more seeds are promised to decide about seconds only where they can") {
  SyntheticSweep sweep;
  add_timed_runs(sweep, {.norm = "layer"}, {3, 4, 5, 4, 3, 5});
  add_timed_runs(sweep, {.norm = "none"}, {4, 5, 4, 4, 5, 3});
  RecordFiles files;
  // Ratios of steps that lie up to `each` a round on the log scale off 1.
  const auto more_seeds = [&](double each) {
    CellTimes layer = timed({.norm = "layer"}, 1e-3);
    for (std::size_t i = 0; i < layer.round_seconds.size(); ++i)
      layer.round_seconds[i] *= std::exp(each * (static_cast<double>(i) - 7));
    add_times(sweep, times_of({timed({.norm = "none"}, 1e-3), layer}));
    return build_report(sweep.folder(), files,
                        {.contrasts = ContrastRequest{"norm", "none", Measure::seconds}})
        .contrasts.at(0)
        .more_seeds;
  };
  const Contrast steps =
      build_report(sweep.folder(), files, {.contrasts = ContrastRequest{"norm", "none", Measure::steps}})
          .contrasts.at(0);
  REQUIRE(steps.more_seeds);
  CHECK(more_seeds(0) == steps.more_seeds);  // the ratio of the steps is exact
  CHECK_FALSE(more_seeds(0.02));             // its interval holds 1 whatever the seeds say
}

TEST_CASE("contrasts of step times are medians of ratios within rounds, with the sign test") {
  SyntheticSweep sweep;
  add_timed_runs(sweep, {.norm = "layer", .status = "finished", .target = std::nullopt}, {1});
  add_timed_runs(sweep, {.norm = "none", .status = "finished", .target = std::nullopt}, {1});
  add_timed_runs(sweep, {.norm = "rms", .status = "finished", .target = std::nullopt}, {1});
  add_times(sweep, times_of({timed({.norm = "none"}, 1e-3), timed({.norm = "layer"}, 1.5e-3)}));
  RecordFiles files;
  const Report report =
      build_report(sweep.folder(), files, {.contrasts = ContrastRequest{"norm", "none", Measure::step_time}});
  REQUIRE(report.contrasts.size() == 2);
  const Contrast& layer = report.contrasts[0];
  CHECK(layer.ratio->ratio == doctest::Approx(1.5));
  CHECK(layer.first.mean == doctest::Approx(1.5e-3));
  CHECK(layer.first.runs == 15);
  CHECK(layer.test->p == doctest::Approx(std::exp2(-14)));
  CHECK(layer.superiority == 0);
  CHECK(report.contrasts[1].reason == "the time of a step was not measured");
  const std::string table = render_report(report, "table");
  CHECK(contains(table, "ratio of step time"));
  CHECK(contains(table, "sign test"));
  CHECK(json::parse(render_report(report, "json"))["pair"]["measure"] == "step_time");

  std::filesystem::remove(sweep.folder() / "times.json");
  CHECK_THROWS_WITH(
      build_report(sweep.folder(), files, {.contrasts = ContrastRequest{"norm", "none", Measure::step_time}}),
      "measure: step_time is not allowed; only in a folder with a times.json it is, which "
      "normlab time SPEC or "
      "sweep --timed makes.");
}
