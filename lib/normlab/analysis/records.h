// Reading the records of a sweep and grouping them into cells (docs/results-format.md).
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/core/json.h"
#include "normlab/core/tensor.h"

namespace normlab {

// One run, as its file tells it.
struct RunRecord {
  std::filesystem::path file;
  std::string id;
  std::string status;  // reached_target, missed_target, finished, diverged, undefined, failed or interrupted
  nlohmann::json content;
};

struct SweepRecords {
  std::filesystem::path folder;
  std::string name;         // of sweep.json; the folder's name when that says none
  std::string description;  // "" when sweep.json says none
  nlohmann::json spec;      // sweep.json, null when it is absent or unreadable
  std::vector<std::string>
      expected;                 // ids of all runs of the sweep; empty when sweep.json does not list them
  std::vector<RunRecord> runs;  // in the order of their file names
  std::vector<std::string> warnings;  // one sentence for each file that was passed over
};

// Throws RequestError naming `file` for what is not a whole run record: see record_defect.
RunRecord parse_run_record(nlohmann::json content, const std::filesystem::path& file);

// Reads FILE; RequestError naming it when it cannot be read, is not JSON or is not a run record.
RunRecord load_run_record(const std::filesystem::path& file);

// Every record in DIR/runs/*.json. Half-written files (*.partial) are ignored. A file that is no whole record
// (record_defect), that is not named for its id, or that sweep.json does not list is passed over with a
// warning. Throws RequestError when DIR is no sweep directory (neither sweep.json nor runs/). No records at
// all is no error.
SweepRecords load_sweep(const std::filesystem::path& folder);

// value_at() of one type; a value of another type counts as absent.
std::optional<double> number_at(const nlohmann::json& object, std::string_view dotted_path);
std::string text_at(const nlohmann::json& object, std::string_view dotted_path,
                    std::string_view otherwise = "");

// A config as dotted settings and their values; lists are values, objects are not.
std::map<std::string, nlohmann::json> flatten_settings(const nlohmann::json& config);

// A setting's value for people: text without quotes, anything else as JSON; "—" for null.
std::string setting_text(const nlohmann::json& value);

// What tells runs with different seeds apart from runs of different cells. A setting inside a part with a
// name (model, norm, optimizer, …) is compared only between runs in which that part has the same name: that
// group norm has `groups` and layer norm has none is no variation.
struct VaryingSettings {
  std::vector<std::string> columns;   // vary within a model; part of the cell
  std::vector<std::string> by_model;  // one value for each model, several over the sweep
};

// Model, norm, batch size and seed are never among them.
VaryingSettings find_varying_settings(const std::vector<RunRecord>& runs);

// Runs that differ in nothing but the seed.
struct Cell {
  std::string model, norm;
  Index batch_size = 0;
  std::vector<nlohmann::json>
      settings;                        // one for each of VaryingSettings::columns; null where a run has none
  std::vector<const RunRecord*> runs;  // by ascending seed; they belong to the SweepRecords
};

// Models in the order of the sweep's spec, norms in the order of the design's table, batch sizes ascending,
// then the further settings ascending. Names that neither order knows come last, alphabetically.
std::vector<Cell> group_into_cells(const SweepRecords& sweep, const VaryingSettings& varying);

// A sentence from a record (a cause, a warning) for people: printable, and cut off when it is far longer than
// any that normlab writes.
std::string shortened_sentence(std::string_view text);

// "bits per character" for "bits_per_character".
std::string with_blanks(std::string name);

}  // namespace normlab
