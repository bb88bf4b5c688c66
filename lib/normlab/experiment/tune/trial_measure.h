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
  bool undefined = false;           // has no meaning with the trial's settings
  Index counted_to = 0;             // as what steps a miss counts where that is more than its own horizon
};

// Up to the first evaluation at `limit` or a later one. `record` is whole.
TrialRun trial_run(const nlohmann::json& record, const RunConfig& config, Index limit);

struct TrialMeasure {
  // Restricted to the least number of steps as which a miss of its runs counts; one that never reaches counts
  // so.
  double mean_steps = 0;
  Index horizon = 0;  // the shortest of its runs
  Index runs = 0, reached = 0;
  std::optional<double> best_loss;  // mean over the runs; nothing when one of them diverged
  bool undefined = false;           // a run of it has no meaning
};

TrialMeasure measure_trial(std::span<const TrialRun> runs);

// Fewer steps are better; where they are the same, the smaller loss. What is undefined is behind all else.
bool is_better(const TrialMeasure& a, const TrialMeasure& b);

// The places of the trials, the best first; those that are alike stay in their order.
std::vector<std::size_t> ranked(const std::vector<TrialMeasure>& measures);

}  // namespace normlab
