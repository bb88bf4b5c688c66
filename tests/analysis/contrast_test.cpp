#include "normlab/analysis/contrast.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "data/idx_files.h"
#include "normlab/analysis/build_report.h"
#include "normlab/analysis/export/format.h"
#include "normlab/core/error.h"
#include "synthetic_records.h"

using namespace normlab;
using testing::contains;
using testing::request_error;

namespace {

// Runs with the seeds 1, 2, … that reach their target after so many epochs; 0: not within ten, below 0: they
// diverge.
void add_runs(SyntheticSweep& sweep, const std::string& norm, const std::vector<double>& epochs,
              unsigned first_seed = 1) {
  for (std::size_t i = 0; i < epochs.size(); ++i) {
    SyntheticRun run{.norm = norm, .seed = first_seed + static_cast<unsigned>(i)};
    if (epochs[i] > 0) run.epochs_to_target = epochs[i];
    if (epochs[i] <= 0) run.status = epochs[i] < 0 ? "diverged" : "missed_target";
    sweep.add(synthetic_record(run));
  }
}

Report report_of(const SyntheticSweep& sweep, const std::string& pair, Measure measure = Measure::epochs) {
  ContrastRequest request = parse_contrast(pair);
  request.measure = measure;
  RecordFiles files;
  return build_report(sweep.folder(), files, {.contrasts = request});
}

}  // namespace

TEST_CASE("a contrast compares the restricted means of two norms") {
  SyntheticSweep sweep;
  add_runs(sweep, "none", {6, 8, 7, 6, 8});
  add_runs(sweep, "layer", {3, 4, 3, 4, 3});
  const Report report = report_of(sweep, "norm=none");
  REQUIRE(report.contrasts.size() == 1);
  const Contrast& contrast = report.contrasts[0];
  CHECK(contrast.model == "mlp");
  CHECK(contrast.norm == "");
  CHECK(contrast.first.value == "layer");
  CHECK(contrast.first.reached == 5);
  CHECK(contrast.first.mean == doctest::Approx(3.4));
  CHECK(contrast.second.mean == doctest::Approx(7));
  CHECK(contrast.horizon == 8);
  CHECK(contrast.pairing == Pairing::paired);
  REQUIRE(contrast.ratio);
  CHECK(contrast.ratio->ratio == doctest::Approx(3.4 / 7));
  CHECK(contrast.ratio->lower < contrast.ratio->ratio);
  CHECK(contrast.ratio->upper < 1);
  CHECK(contrast.superiority == 1);
  CHECK(contrast.test->p == doctest::Approx(2. / 32));  // of all swaps within five pairs
  CHECK(report_of(sweep, "norm=none", Measure::steps).contrasts[0].ratio->ratio ==
        doctest::Approx(3.4 / 7).epsilon(0.01));
}

TEST_CASE("runs are compared up to where the first of them is censored, and diverged ones never arrive") {
  SyntheticSweep sweep;
  add_runs(sweep, "none", {6, 8, 0});
  add_runs(sweep, "layer", {3, 12, 3});
  sweep.add(synthetic_record({.norm = "layer", .seed = 4, .status = "diverged"}));
  sweep.add(synthetic_record({.norm = "none", .seed = 4, .status = "interrupted"}));
  const Contrast contrast = report_of(sweep, "norm=none").contrasts.at(0);
  CHECK(contrast.horizon == 10);
  CHECK(contrast.first.runs == 4);
  CHECK(contrast.first.reached == 3);
  CHECK(contrast.second.runs == 3);
  CHECK(contrast.first.mean == doctest::Approx((3 + 10 + 3 + 10) / 4.));
  CHECK(contrast.second.mean == doctest::Approx(8));
  CHECK(contrast.pairing == Pairing::independent);
}

TEST_CASE("runs that diverge are as slow as runs that use up their budget in vain") {
  for (const Measure measure : {Measure::epochs, Measure::steps}) {
    CAPTURE(measure_name(measure));
    std::vector<Contrast> contrasts;
    for (const double lost : {-1., 0.}) {
      SyntheticSweep sweep;
      add_runs(sweep, "none", {3, 4, 5, 3, 4});
      add_runs(sweep, "layer", {3, 4, 5, lost, lost});
      contrasts.push_back(report_of(sweep, "norm=none", measure).contrasts.at(0));
    }
    CHECK(contrasts[0].horizon ==
          doctest::Approx(measure == Measure::epochs ? 10 : 171875 / 10.).epsilon(1e-3));
    CHECK(contrasts[0].first.mean == doctest::Approx(contrasts[1].first.mean).epsilon(1e-3));
    CHECK(contrasts[0].ratio->ratio == doctest::Approx(32 / 19.).epsilon(1e-3));
    CHECK(contrasts[0].first.reached == 3);
  }
}

TEST_CASE("other seeds are no pairs") {
  SyntheticSweep sweep;
  add_runs(sweep, "none", {6, 8, 7});
  add_runs(sweep, "layer", {3, 4, 3}, 2);
  const Contrast contrast = report_of(sweep, "norm=none").contrasts.at(0);
  CHECK(contrast.pairing == Pairing::independent);
  CHECK(contrast.test->p == doctest::Approx(2. / 20));
}

TEST_CASE("p is adjusted for all comparisons of the table") {
  SyntheticSweep sweep;
  add_runs(sweep, "none", {6, 8, 7, 6, 8});
  add_runs(sweep, "layer", {3, 4, 3, 4, 3});
  add_runs(sweep, "rms", {6, 8, 7, 6, 9});
  const Report report = report_of(sweep, "norm=none");
  REQUIRE(report.contrasts.size() == 2);
  CHECK(report.contrasts[0].adjusted_p == doctest::Approx(2 * report.contrasts[0].test->p));
  CHECK(report.contrasts[1].adjusted_p == doctest::Approx(report.contrasts[1].test->p));
}

TEST_CASE("a group of one run is not compared, and says why") {
  SyntheticSweep sweep;
  add_runs(sweep, "none", {6, 8});
  add_runs(sweep, "layer", {3});
  const Report report = report_of(sweep, "norm=none");
  CHECK_FALSE(report.contrasts.at(0).ratio);
  CHECK(contains(render_report(report, "table"), "fewer than two runs"));
  CHECK(contains(render_report(report, "json"), "fewer than two runs"));
}

TEST_CASE("every format for people, and JSON, has the contrasts") {
  SyntheticSweep sweep;
  add_runs(sweep, "none", {6, 8, 7, 6, 8});
  add_runs(sweep, "layer", {3, 4, 3, 4, 3});
  const Report report = report_of(sweep, "norm=none");
  CHECK(contains(render_report(report, "table"), "layer / none"));
  CHECK(contains(render_report(report, "table"), "0.486 (0.372–0.644)"));
  CHECK(contains(render_report(report, "markdown"), "| layer / none |"));
  const auto json = nlohmann::json::parse(render_report(report, "json"))["pair"];
  CHECK(json["reference"] == "none");
  CHECK(json["contrasts"][0]["ratio"]["estimate"].get<double>() == doctest::Approx(3.4 / 7));
  CHECK(nlohmann::json::parse(render_report(build_report(sweep.folder()), "json")).contains("pair") == false);
}

TEST_CASE("a pair that there is not is refused with those that there are") {
  SyntheticSweep sweep;
  add_runs(sweep, "none", {6, 8});
  add_runs(sweep, "layer", {3, 4});
  const auto refusal = [&](const std::string& pair) {
    return request_error([&] { report_of(sweep, pair); });
  };
  CHECK(refusal("norm").starts_with("pair: "));
  CHECK(refusal("=none").starts_with("pair: "));
  CHECK(contains(refusal("norm=batch"), "layer, none"));
  CHECK(report_of(sweep, "norm.name=none").contrasts.size() == 1);
  CHECK(contains(refusal("optimizer.beta1=0.9"), "batch_size"));
}

TEST_CASE("runs without a target cannot be compared") {
  SyntheticSweep sweep;
  for (const char* norm : {"none", "layer"})
    sweep.add(synthetic_record({.norm = norm, .status = "finished", .target = std::nullopt}));
  CHECK(contains(request_error([&] { report_of(sweep, "norm=none"); }), "--target"));
}

TEST_CASE("groups that differ in something else as well are not compared") {
  SyntheticSweep sweep;
  add_runs(sweep, "none", {6, 8});
  add_runs(sweep, "layer", {3, 4});
  for (const unsigned seed : {1U, 2U})
    sweep.add(synthetic_record({.norm = "layer", .batch_size = 4, .seed = seed}));
  const Report report = report_of(sweep, "norm=none");
  REQUIRE(report.contrasts.size() == 1);
  CHECK(report.contrasts[0].batch_size == 32);
}

TEST_CASE("a contrast of another setting leaves its column out of what the groups have in common") {
  SyntheticSweep sweep;
  for (const unsigned seed : {1U, 2U, 3U}) {
    for (const double rate : {0.001, 0.01}) {
      auto record = synthetic_record({.seed = seed, .epochs_to_target = seed + 100 * rate});
      record["config"]["optimizer"]["learning_rate"] = rate;
      sweep.add(record);
    }
  }
  const Report report = report_of(sweep, "optimizer.learning_rate=0.001");
  REQUIRE(report.contrasts.size() == 1);
  CHECK(report.contrasts[0].norm == "none");
  CHECK(report.contrasts[0].settings.at(0).is_null());
  CHECK(report.contrasts[0].ratio->ratio == doctest::Approx(3. / 2.1));
  CHECK(contains(render_report(report, "table"), "0.01 / 0.001"));
  CHECK(contains(render_report(report, "table"), "too few seeds"));  // 2 / 2^3
}
