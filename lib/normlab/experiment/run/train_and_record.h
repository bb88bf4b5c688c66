// One run, from its config to its record on disk.
#pragma once

#include <filesystem>

#include "normlab/experiment/run/environment.h"
#include "normlab/train/run_config.h"
#include "normlab/train/trainer.h"

namespace normlab {

// Trains, writes the record whole, saves the parameters (RunResult::parameters_problem), and only then
// removes the checkpoint of a run that ended by itself: killed at any moment, the same call continues or
// starts again, and never loses what was found. Fills in options.identity. The record of a run that
// ended stays when a repeat of it is interrupted. Throws what train() and write_whole() throw.
RunResult train_and_record(const RunConfig& config, RunOptions options, const std::filesystem::path& record,
                           const Placement& placement);

struct RunFiles {
  std::filesystem::path record, checkpoint;
  std::filesystem::path evaluations;  // of the run under way: see append_evaluation
  std::filesystem::path parameters;   // the trained ones, as safetensors; "": not wanted
  double checkpoint_seconds = 30;     // between checkpoints, of elapsed time
};

// What a sweep tells the process of a run: its config, the cores that it should be pinned to, how many run
// side by side, the descriptor of its SharedRunState, and where it pauses (RunOptions::pause_at).
Json child_order(const RunConfig& config, const Placement& placement, int run_state, Index pause_at = 0);

// The same for a run of a sweep, inside its child process, from the sweep's order. Returns the exit status:
// 0, or 130 when a signal stopped it after a checkpoint.
int run_child(const Json& order, const RunFiles& files);

}  // namespace normlab
