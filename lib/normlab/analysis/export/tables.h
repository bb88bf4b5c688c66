// The runs of a sweep as tables for pandas and R.
#pragma once

#include <filesystem>

#include "normlab/analysis/sweep_records.h"

namespace normlab {

// Writes FOLDER/runs.csv, a line for each run with every setting in a column, FOLDER/evaluations.csv, a line
// for each evaluation, and FOLDER/layers.csv, a line for each layer at each evaluation, each file whole
// (docs/results-format.md). The files of the runs are read once more, one after the other. Makes the folder
// where it is missing. Throws RunError when something cannot be written, and what read_text() and
// parse_json() throw where a record has gone or was changed meanwhile.
void write_tables(const std::filesystem::path& folder, const SweepRecords& sweep);

}  // namespace normlab
