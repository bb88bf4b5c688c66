#include "normlab/experiment/tune/trial_measure.h"

#include <algorithm>
#include <numeric>
#include <string>

#include "normlab/records/evaluations.h"
#include "normlab/records/vocabulary.h"
#include "normlab/statistics/censored.h"
#include "normlab/tasks/registry.h"
#include "normlab/train/target_watch.h"

namespace normlab {
namespace {

// How many evaluations a run has made by the first one at `limit` or behind.
std::size_t evaluations_until(const EvaluationDigest& evaluations, Index limit) {
  std::size_t count = 0;
  while (count < evaluations.count && (count == 0 || evaluations.points[count - 1].steps < limit)) ++count;
  return count;
}

// The step of the event among the first `count` evaluations.
std::optional<Index> event_step(const Target& target, const EvaluationDigest& evaluations,
                                std::size_t count) {
  const auto found = evaluations.validation.find(target.metric.name);
  if (found == evaluations.validation.end()) return std::nullopt;
  TargetWatch watch(target.hold);
  for (std::size_t i = 0; i < count; ++i)
    watch.see(evaluations.points[i], target.holds(found->second.values.at(i)));
  return watch.reached() ? std::optional(watch.at().steps) : std::nullopt;
}

}  // namespace

TrialRun trial_run(const nlohmann::json& record, const RunConfig& config, Index limit) {
  TrialRun run{.horizon = limit, .reached_at = {}, .best_loss = {}};
  const std::string how = record.at("status").get<std::string>();
  run.undefined = how == status::undefined;
  const auto list = record.find("evaluations");
  if (list == record.end()) return run;
  const EvaluationDigest evaluations = digest_evaluations(*list);
  const std::size_t count = evaluations_until(evaluations, limit);
  if (config.target) run.reached_at = event_step(*config.target, evaluations, count);
  const auto loss = evaluations.validation.find(task_of(config.dataset).metrics.front().name);
  // One that diverges further on, be it before its next evaluation, has not done so yet.
  const bool diverged =
      how == status::diverged && (count == 0 || evaluations.points[count - 1].steps < limit);
  if (!diverged && count > 0 && loss != evaluations.validation.end()) {
    const auto& values = loss->second.values;
    run.best_loss = *std::min_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return run;
}

TrialMeasure measure_trial(std::span<const TrialRun> runs) {
  TrialMeasure measure{
      .mean_steps = 0, .horizon = runs.front().horizon, .runs = 0, .reached = 0, .best_loss = 0.0};
  std::vector<Observation> observations;
  observations.reserve(runs.size());
  Index restricted_to = std::max(runs.front().horizon, runs.front().counted_to);
  for (const TrialRun& run : runs) {
    measure.horizon = std::min(measure.horizon, run.horizon);
    measure.undefined = measure.undefined || run.undefined;
    const Index missed_as = std::max(run.horizon, run.counted_to);
    restricted_to = std::min(restricted_to, missed_as);
    const bool event = run.reached_at.has_value();
    observations.push_back({static_cast<double>(event ? *run.reached_at : missed_as), event});
    measure.reached += event ? 1 : 0;
    ++measure.runs;
    if (!run.best_loss) measure.best_loss.reset();
    if (measure.best_loss) *measure.best_loss += *run.best_loss / static_cast<double>(runs.size());
  }
  measure.mean_steps = restricted_mean(kaplan_meier(observations), static_cast<double>(restricted_to)).mean;
  return measure;
}

bool is_better(const TrialMeasure& a, const TrialMeasure& b) {
  if (a.undefined != b.undefined) return b.undefined;
  if (a.mean_steps != b.mean_steps) return a.mean_steps < b.mean_steps;
  if (!a.best_loss || !b.best_loss) return a.best_loss.has_value() && !b.best_loss;
  return *a.best_loss < *b.best_loss;
}

std::vector<std::size_t> ranked(const std::vector<TrialMeasure>& measures) {
  std::vector<std::size_t> order(measures.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return is_better(measures[a], measures[b]); });
  return order;
}

}  // namespace normlab
