// What a sweep looks at before it takes a folder: whether what is there is its own, and can be written. None
// of it changes a file; only require_writable_folder() makes folders.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/experiment/config/json.h"
#include "normlab/experiment/spec/sweep_spec.h"
#include "normlab/records/record_files.h"

namespace normlab {

// Refuses `folder` for field `field` when nothing can be written into it, making it (and its parents) if need
// be. RunError when the disk is full, or too many files are open.
void require_writable_folder(const std::filesystem::path& folder, std::string_view field);

// Refuses (RequestError naming `out`) a folder that RunStore would refuse, or RunStore::prepare_parameters()
// where parameters are to be saved, and leaves everything as it is. Whether another sweep works there now is
// not looked at. RunError as require_writable_folder().
void require_usable_folder(const std::filesystem::path& folder, const SweepSpec& spec,
                           const std::vector<SweepRun>& runs, bool save_parameters);

// The status in the run's record in a sweep's folder; "" when there is none, or one that is no whole record
// of it.
std::string recorded_status(const std::filesystem::path& folder, const SweepRun& run);

// Whether the folder has a sweep.json that a sweep wrote.
bool holds_sweep_file(const std::filesystem::path& folder);

// What a sweep writes as its sweep.json.
Json sweep_json(const SweepSpec& spec, const std::vector<SweepRun>& runs);

// What sweep.json says; nothing when it is absent or damaged, since it is written whole. What some other
// program or version wrote is not damaged, and differs from every spec.
std::optional<Json> read_sweep_file(const std::filesystem::path& file);

// Files of a run in a sweep's folder.
std::filesystem::path record_file(const std::filesystem::path& folder, std::string_view id);
std::filesystem::path evaluation_log_file(const std::filesystem::path& folder, std::string_view id);
std::filesystem::path parameters_file(const std::filesystem::path& folder, std::string_view id);

struct RecordFound {
  std::string defect;                 // why there is no record of the run, or ""
  const RunRecord* record = nullptr;  // among those that were read
};

// The run's record among `files`. Whether a run has a meaning is not the record's to say.
RecordFound find_record_of(RecordFiles& files, const std::filesystem::path& folder, const SweepRun& run);

// Throws RunError for what was wrong with this process or the disk (errno `error`), else refuses the folder.
[[noreturn]] void refuse_folder(std::string_view field, const std::filesystem::path& folder, int error);

// The rest refuses the folder, naming `out`.

// When it holds a sweep.json of another spec than `sweep` is of.
void require_same_spec(const std::filesystem::path& folder, const Json& sweep);

// When it holds records of other runs. Without a sweep.json that can be read, they tell whose folder it is.
void require_own_records(const std::filesystem::path& folder, const std::vector<SweepRun>& runs,
                         RecordFiles& files);

// When something else stands in the place of a file that the sweep writes. A pipe would be waited for, and
// nothing else could be replaced by a file: found before anything is trained or written.
void require_places(const std::filesystem::path& folder, const std::vector<SweepRun>& runs);
void require_parameters_places(const std::filesystem::path& folder, const std::vector<SweepRun>& runs);

}  // namespace normlab
