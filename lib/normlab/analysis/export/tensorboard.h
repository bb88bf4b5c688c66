// The curves of a sweep for TensorBoard.
#pragma once

#include <filesystem>

#include "normlab/analysis/sweep_records.h"

namespace normlab {

// Writes FOLDER/ID/events.out.tfevents.normlab for each run that was evaluated: its metrics, learning rate
// and gradient norms by step, statistics of layers where there are any, the test, and the settings that tell
// the runs apart. Equal records give equal files. The files of the runs are read once more, one after the
// other. Makes the folder where it is missing. Throws what write_tables() throws.
void write_tensorboard(const std::filesystem::path& folder, const SweepRecords& sweep);

}  // namespace normlab
