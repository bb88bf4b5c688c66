// What a sweep looks at before it takes a folder: whether what is there is its own, and can be written.
// Nothing is changed.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "normlab/experiment/config/json.h"
#include "normlab/experiment/spec/sweep_spec.h"
#include "normlab/records/record_files.h"

namespace normlab {

// What the sweep.json of a folder may say otherwise than that of the sweep that takes it.
enum class MayDiffer {
  nothing,     // it lists the same runs
  fewer_runs,  // it lists some of them, and no other
  runs,        // it lists others as well, which stay listed: the trials of one search, in all its cells
  choices,     // it has overrides and runs that are not known yet: what a search will choose
};

// Refuses (RequestError naming `out`) a folder that RunStore would refuse, or RunStore::prepare_parameters()
// where parameters are to be saved, and leaves everything as it is. Whether another sweep works there now is
// not looked at. RunError as require_room_for_folder().
void require_usable_folder(const std::filesystem::path& folder, const SweepSpec& spec,
                           const std::vector<SweepRun>& runs, bool save_parameters,
                           MayDiffer may_differ = MayDiffer::nothing);

// The rest refuses the folder, naming `out`.

// When it holds a sweep.json of another spec than `sweep` is of, but for what may differ.
void require_same_spec(const std::filesystem::path& folder, const Json& sweep,
                       MayDiffer may_differ = MayDiffer::nothing);

// Where two specs differ first, for people: "grid.batch_size: [4,32] there, [4] asked for".
std::string first_difference(const Json& there, const Json& asked);

// When it holds records of other runs. Without a sweep.json that can be read, they tell whose folder it is.
void require_own_records(const std::filesystem::path& folder, const std::vector<SweepRun>& runs,
                         RecordFiles& files);

// When something else stands in the place of a file that the sweep writes. A pipe would be waited for, and
// nothing else could be replaced by a file: found before anything is trained or written.
void require_places(const std::filesystem::path& folder, const std::vector<SweepRun>& runs);
// The same of the times.json of step times that are measured apart, which other runs' times are not lost to.
void require_place_of_times(const std::filesystem::path& folder);
void require_parameters_places(const std::filesystem::path& folder, const std::vector<SweepRun>& runs);

}  // namespace normlab
