// How good a trial is: by what the validation set says of its runs, and nothing else.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <vector>

#include "normlab/train/run_config.h"

namespace normlab {

// What a run had shown when it had come to some step. What its record says beyond that does not count, so
// that a trial is judged alike before and after it went on.
struct TrialRun {
  Index horizon = 0;                // the step up to which steps to the target are counted
  std::optional<Index> reached_at;  // the step of its event; nothing when it did not come by then
  std::optional<double> best_loss;  // of the validation set; nothing for a run that diverged
};

// Up to the first evaluation at `limit` or a later one. `record` is whole.
TrialRun trial_run(const nlohmann::json& record, const RunConfig& config, Index limit);

struct TrialMeasure {
  double mean_steps = 0;  // restricted to the shortest horizon of its runs; one that never reaches counts so
  Index horizon = 0;
  Index runs = 0, reached = 0;
  std::optional<double> best_loss;  // mean over the runs; nothing when one of them diverged
};

TrialMeasure measure_trial(std::span<const TrialRun> runs);

// Fewer steps are better; where they are the same, the smaller loss.
bool is_better(const TrialMeasure& a, const TrialMeasure& b);

// The places of the trials, the best first; those that are alike stay in their order.
std::vector<std::size_t> ranked(const std::vector<TrialMeasure>& measures);

}  // namespace normlab
