// What a sweep looks at before it takes a folder: whether what is there is its own, and can be written.
// Nothing is changed.
#pragma once

#include <filesystem>
#include <vector>

#include "normlab/experiment/config/json.h"
#include "normlab/experiment/spec/sweep_spec.h"
#include "normlab/records/record_files.h"

namespace normlab {

// Refuses (RequestError naming `out`) a folder that RunStore would refuse, or RunStore::prepare_parameters()
// where parameters are to be saved, and leaves everything as it is. Whether another sweep works there now is
// not looked at. RunError as require_room_for_folder().
void require_usable_folder(const std::filesystem::path& folder, const SweepSpec& spec,
                           const std::vector<SweepRun>& runs, bool save_parameters);

// The rest refuses the folder, naming `out`.

// When it holds a sweep.json of another spec than `sweep` is of.
void require_same_spec(const std::filesystem::path& folder, const Json& sweep);

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
