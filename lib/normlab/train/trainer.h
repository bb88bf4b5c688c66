// The training loop: one run from a config to a result.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "normlab/train/run_config.h"
#include "normlab/train/run_data.h"
#include "normlab/train/run_result.h"

namespace normlab {

// Where a run stands between two steps.
struct TrainingPosition {
  Index step = 0;       // steps done
  Index last_step = 0;  // of the budget; the largest Index when that counts seconds alone
  Index steps_per_epoch = 0;
  double train_seconds = 0;  // the training clock
};

// What does not change the numbers of a run.
struct RunOptions {
  std::filesystem::path checkpoint;  // "": neither continues nor writes checkpoints
  double checkpoint_seconds = 30;    // between checkpoints, of elapsed time
  std::string identity;              // a checkpoint of another identity is refused
  std::filesystem::path save_initial_parameters, save_parameters;  // safetensors; "": not wanted
  std::map<std::string, std::string> metadata;                     // of these files
  // Keeps the result, before the trained parameters are saved. Where it throws RunError, a checkpoint of the
  // run's end is written if that is possible, so that nothing is trained again.
  std::function<void(const RunResult&)> keep_result;
  // Set-up is over, and so many steps are done, in processes before this one; what follows writes files and
  // takes steps.
  std::function<void(Index steps)> on_ready;
  std::function<void(const Evaluation&)> on_evaluation;  // progress
  std::function<void(const TrainingPosition&)>
      on_step;  // before the first step and after each; has to be quick
  // Stops like `stop`, `interrupted` and with a checkpoint, behind the first evaluation at this step or a
  // later one; 0: never.
  Index pause_at = 0;
  const std::atomic<bool>* stop =
      nullptr;  // set by a signal handler: write a checkpoint and return `interrupted`
};

// Checks everything about `config` that needs the data: batch size against the training set, target against
// the task, the parameters file against the model. Throws RequestError.
void check_against_data(const RunConfig& config);

// Trains. Throws RequestError before any work starts, RunError when the initial parameters, the result or the
// checkpoint of an interrupted run cannot be written (the checkpoint before stays intact). A checkpoint on
// the way that cannot be written is a warning. Continues from options.checkpoint when that file exists, and
// leaves it for the caller to remove once the result is safe. One that is damaged, or of a run on data that
// has changed since, is set aside with a warning; one of another run is a RequestError.
RunResult train(const RunConfig& config, const RunOptions& options);

// The same on these data, whose task need not be that of config.dataset.
RunResult train(const RunConfig& config, RunData data, const RunOptions& options);

}  // namespace normlab
