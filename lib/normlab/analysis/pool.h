// The records of several sweeps as those of one.
#pragma once

#include <filesystem>
#include <vector>

#include "normlab/analysis/sweep_records.h"

namespace normlab {

// The folders' records together; of a single folder what load_sweep() says. A run that several folders have
// is counted once, by the record that goes furthest. Names and descriptions are joined, warnings name their
// folder, and one more tells of each setting in which the folders differ though none of them varies it. The
// spec has what orders rows: the bases and axes of all. Throws what load_sweep() throws, and RequestError
// naming `results` for a folder that has lost all its records, and for two records of one id that contradict
// each other (records/contradiction.h), with both files.
SweepRecords load_pool(const std::vector<std::filesystem::path>& folders, RecordFiles& files);

}  // namespace normlab
