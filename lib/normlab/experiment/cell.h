// One run of a sweep, inside its child process.
#pragma once

#include <filesystem>

#include "normlab/train/run_config.h"

namespace normlab {

struct CellFiles {
  std::filesystem::path record, checkpoint;
  double checkpoint_seconds = 30;  // between checkpoints, of elapsed time
};

// Trains and writes the record. Returns the exit status: 0, or 130 when a signal stopped it after a
// checkpoint.
int run_cell(const RunConfig& config, const CellFiles& files);

}  // namespace normlab
