// The records of a sweep, as its folder has them (docs/results-format.md).
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "normlab/core/tensor.h"
#include "normlab/records/record_files.h"
#include "normlab/records/run_record.h"
#include "normlab/records/times.h"

namespace normlab {

// A folder whose records are among others, and how many it has.
struct PooledFolder {
  std::string name;
  Index runs = 0;
};

struct SweepRecords {
  std::string name;         // of sweep.json; the folder's name when that says none
  std::string description;  // "" when sweep.json says none
  nlohmann::json spec;      // sweep.json without its list of runs, null when it is absent or unreadable
  std::vector<std::string>
      expected;        // ids of all runs of the sweep; empty when sweep.json does not list them
  std::string target;  // that the runs' events are of; "": of each run's own
  std::vector<TargetVariation> variations;  // of which the runs' variations are
  std::vector<RunRecord> runs;              // in the order of their file names
  std::vector<StepTimesRecord> times = {};  // of each folder's times.json that can be read
  std::vector<std::string> warnings;        // one sentence for each file that was passed over, or is missing
  std::vector<PooledFolder> folders;        // more than one, or none (load_pool())
  Index repeated = 0;                       // records of runs that a folder before has, too
};

// Every record in DIR/runs/*.json. Half-written files (*.partial) are ignored. A file that is no whole record
// (record_defect), that is not named for its id, or that sweep.json does not list is passed over with a
// warning. Throws RequestError when DIR is no sweep directory (neither sweep.json nor runs/). No records at
// all is no error.
SweepRecords load_sweep(const std::filesystem::path& folder);
// The same, by who has read some of the records before: they are taken out of `files`.
SweepRecords load_sweep(const std::filesystem::path& folder, RecordFiles& files);

}  // namespace normlab
