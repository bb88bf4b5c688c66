#include "normlab/experiment/tune/trial_measure.h"

#include <doctest/doctest.h>

#include "normlab/tasks/classification.h"

using namespace normlab;

namespace {

// A record with an evaluation of these errors every ten steps, whose loss is twice the error.
nlohmann::json record_of(const char* status, const std::vector<double>& errors) {
  nlohmann::json evaluations = nlohmann::json::array();
  for (std::size_t i = 0; i < errors.size(); ++i) {
    const nlohmann::json metrics = {{"loss", 2 * errors[i]}, {"error", errors[i]}};
    evaluations.push_back({{"step", 10 * (i + 1)},
                           {"epoch", static_cast<double>(i + 1)},
                           {"train", metrics},
                           {"validation", metrics},
                           {"seconds", {{"train", 1}, {"evaluate", 1}, {"elapsed", 2}}}});
  }
  return {{"status", status}, {"evaluations", evaluations}};
}

RunConfig config_with(const char* target) {
  RunConfig config;
  config.dataset.kind = DatasetKind::synthetic;
  config.target = parse_target(target, classification().metrics);
  return config;
}

TrialRun reaching(Index step, double loss) {
  return {.horizon = 100, .reached_at = step, .best_loss = loss};
}

TrialRun missing(double loss) {
  return {.horizon = 100, .reached_at = {}, .best_loss = loss};
}

}  // namespace

TEST_CASE("a run is judged by its evaluations up to the first at the limit, whatever came behind") {
  const RunConfig config = config_with("validation.error<=0.2");
  const std::vector<double> errors{0.5, 0.3, 0.4, 0.2, 0.1};
  const TrialRun early = trial_run(record_of("interrupted", {0.5, 0.3}), config, 15);
  CHECK(early.horizon == 15);
  CHECK_FALSE(early.reached_at);
  CHECK(*early.best_loss == 0.6);
  const TrialRun later = trial_run(record_of("missed_target", errors), config, 15);
  CHECK_FALSE(later.reached_at);
  CHECK(*later.best_loss == 0.6);
  const TrialRun whole = trial_run(record_of("reached_target", errors), config, 50);
  CHECK(*whole.reached_at == 40);
  CHECK(*whole.best_loss == 0.2);
}

TEST_CASE("a target that has to hold is reached when it held, and at its first evaluation") {
  const RunConfig config = config_with("validation.error<=0.2 for 2");
  const std::vector<double> errors{0.2, 0.3, 0.2, 0.1, 0.1};
  CHECK_FALSE(trial_run(record_of("reached_target", errors), config, 30).reached_at);
  CHECK(*trial_run(record_of("reached_target", errors), config, 40).reached_at == 30);
}

TEST_CASE("a run that diverged has no loss, unless it had not yet") {
  const RunConfig config = config_with("validation.error<=0.1");
  const nlohmann::json record = record_of("diverged", {0.5, 0.3, 0.4});
  CHECK(*trial_run(record, config, 20).best_loss == 0.6);
  CHECK(*trial_run(record, config, 30).best_loss == 0.6);  // behind its last evaluation
  CHECK_FALSE(trial_run(record, config, 40).best_loss);
  CHECK_FALSE(trial_run({{"status", "diverged"}}, config, 40).best_loss);
  CHECK_FALSE(trial_run({{"status", "undefined"}}, config, 40).reached_at);
}

TEST_CASE("a trial's steps are a mean to which runs that miss contribute their budget") {
  const TrialMeasure measure = measure_trial(std::vector{reaching(20, 0.5), missing(0.7), reaching(60, 0.3)});
  CHECK(measure.mean_steps == doctest::Approx(60));
  CHECK(measure.runs == 3);
  CHECK(measure.reached == 2);
  CHECK(*measure.best_loss == doctest::Approx(0.5));
  CHECK(measure.horizon == 100);
  CHECK_FALSE(measure_trial(
                  std::vector{reaching(20, 0.5), TrialRun{.horizon = 100, .reached_at = {}, .best_loss = {}}})
                  .best_loss);
  // Of unequal budgets the shortest counts for all.
  CHECK(measure_trial(std::vector{missing(1), TrialRun{.horizon = 40, .reached_at = {}, .best_loss = 1}})
            .mean_steps == 40);
}

TEST_CASE("a run that misses counts with the longest budget of all trials, not with its own") {
  const auto with_budget = [](Index horizon, std::optional<Index> reached_at) {
    return TrialRun{.horizon = horizon,
                    .reached_at = reached_at,
                    .best_loss = 0.5,
                    .undefined = false,
                    .counted_to = 100};
  };
  const TrialMeasure brief = measure_trial(std::vector{with_budget(10, {}), with_budget(10, 5)});
  CHECK(brief.mean_steps == doctest::Approx(52.5));
  CHECK(brief.horizon == 10);
  CHECK(is_better(measure_trial(std::vector{with_budget(100, 30)}), brief));
}

TEST_CASE("a trial with a run that has no meaning is behind all others") {
  const RunConfig config = config_with("validation.error<=0.1");
  const TrialRun run = trial_run({{"status", "undefined"}}, config, 1);
  CHECK(run.undefined);
  const TrialRun diverged = trial_run({{"status", "diverged"}}, config, 100);
  CHECK_FALSE(diverged.undefined);
  const TrialMeasure undefined = measure_trial(std::vector{run, reaching(1, 0.1)});
  CHECK(undefined.undefined);
  CHECK(ranked({undefined, measure_trial(std::vector{diverged})}) == std::vector<std::size_t>{1, 0});
}

TEST_CASE("fewer steps are better, then the smaller loss, and a run without one is last") {
  const auto measure = [](const TrialRun& run) { return measure_trial(std::vector{run}); };
  const TrialRun diverged{.horizon = 100, .reached_at = {}, .best_loss = {}};
  CHECK(is_better(measure(reaching(20, 0.9)), measure(reaching(30, 0.1))));
  CHECK(is_better(measure(missing(0.1)), measure(missing(0.9))));
  CHECK(is_better(measure(missing(0.9)), measure(diverged)));
  CHECK_FALSE(is_better(measure(diverged), measure(diverged)));
  CHECK(ranked({measure(diverged), measure(missing(0.9)), measure(reaching(30, 1)), measure(missing(0.9)),
                measure(reaching(20, 1))}) == std::vector<std::size_t>{4, 2, 1, 3, 0});
}
