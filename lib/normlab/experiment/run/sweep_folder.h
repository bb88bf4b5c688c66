// What stands in a sweep's folder (see run_store.h), for who only reads there.
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

// Whether the folder has a sweep.json that a sweep wrote.
bool holds_sweep_file(const std::filesystem::path& folder);

// What a sweep writes as its sweep.json.
Json sweep_json(const SweepSpec& spec, const std::vector<SweepRun>& runs);

// What sweep.json says; nothing when it is absent or damaged, since it is written whole. What some other
// program or version wrote is not damaged, and differs from every spec.
std::optional<Json> read_sweep_file(const std::filesystem::path& file);

// The ids that the folder's sweep.json lists, and behind them those of `runs` that it does not.
Json listed_runs(const std::filesystem::path& folder, const Json& runs);

// Files of a run in a sweep's folder.
std::filesystem::path record_file(const std::filesystem::path& folder, std::string_view id);
std::filesystem::path evaluation_log_file(const std::filesystem::path& folder, std::string_view id);
std::filesystem::path parameters_file(const std::filesystem::path& folder, std::string_view id);

struct RecordFound {
  std::string defect;                 // why there is no record of the run, or ""
  const RunRecord* record = nullptr;  // among those that were read
};

// The record of the run `id` in `file`, read among `files`.
RecordFound find_record(RecordFiles& files, const std::filesystem::path& file, std::string_view id);

// The run's record among `files`. Whether a run has a meaning is not the record's to say.
RecordFound find_record_of(RecordFiles& files, const std::filesystem::path& folder, const SweepRun& run);

// The status in the run's record in a sweep's folder; "" when there is none, or one that is no whole record
// of it.
std::string recorded_status(const std::filesystem::path& folder, const SweepRun& run);

}  // namespace normlab
