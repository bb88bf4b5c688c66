// One run, from its config to its record on disk.
#pragma once

#include <filesystem>

#include "normlab/train/run_config.h"
#include "normlab/train/trainer.h"

namespace normlab {

// Trains, writes the record whole, and only then removes the checkpoint of a run that ended by itself: killed
// at any moment, the same call continues or starts again, and never loses what was found. Fills in
// options.identity. Throws what train() and write_whole() throw.
RunResult train_and_record(const RunConfig& config, RunOptions options, const std::filesystem::path& record);

struct CellFiles {
  std::filesystem::path record, checkpoint;
  double checkpoint_seconds = 30;  // between checkpoints, of elapsed time
};

// The same for a run of a sweep, inside its child process. Returns the exit status: 0, or 130 when a signal
// stopped it after a checkpoint.
int run_cell(const RunConfig& config, const CellFiles& files);

}  // namespace normlab
