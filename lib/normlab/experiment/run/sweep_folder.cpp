#include "normlab/experiment/run/sweep_folder.h"

#include <fmt/format.h>

#include <set>

#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/text.h"
#include "normlab/records/value_checks.h"
#include "normlab/records/vocabulary.h"

namespace normlab {
namespace {

namespace filesystem = std::filesystem;

std::optional<Json> parse_sweep_file(const std::string& text) {
  try {
    return parse_json_if_valid(text, "sweep.json");
  } catch (const RequestError&) {  // no JSON that normlab writes
    return std::nullopt;
  }
}

}  // namespace

Json sweep_json(const SweepSpec& spec, const std::vector<SweepRun>& runs) {
  Json json = to_json(spec);
  json["runs"] = Json::array();
  for (const SweepRun& run : runs) json["runs"].push_back(run.id);
  return json;
}

std::optional<Json> read_sweep_file(const filesystem::path& file) {
  std::error_code ignored;
  if (!filesystem::is_regular_file(file, ignored)) return std::nullopt;
  if (filesystem::file_size(file, ignored) > longest_json) return std::nullopt;
  std::optional<Json> json = parse_sweep_file(read_text(file, "out", longest_json));
  const bool is_ours = json && json->is_object() && json->contains("schema") && (*json)["schema"].is_string();
  return is_ours ? std::move(json) : std::nullopt;
}

Json listed_runs(const filesystem::path& folder, const Json& runs) {
  const std::optional<Json> there = read_sweep_file(folder / "sweep.json");
  Json listed = there ? there->value("runs", Json()) : Json();
  if (!listed.is_array()) return runs;
  std::set<std::string> known;
  for (const Json& id : listed) known.insert(id.dump());
  for (const Json& id : runs) {
    if (known.insert(id.dump()).second) listed.push_back(id);
  }
  return listed;
}

bool holds_sweep_file(const filesystem::path& folder) {
  return read_sweep_file(folder / "sweep.json").has_value();
}

filesystem::path record_file(const filesystem::path& folder, std::string_view id) {
  return folder / "runs" / fmt::format("{}.json", id);
}

filesystem::path evaluation_log_file(const filesystem::path& folder, std::string_view id) {
  return folder / "checkpoints" / fmt::format("{}.evaluations", id);
}

filesystem::path parameters_file(const filesystem::path& folder, std::string_view id) {
  return folder / "parameters" / fmt::format("{}.safetensors", id);
}

RecordFound find_record(RecordFiles& files, const filesystem::path& file, std::string_view id) {
  std::error_code ignored;
  if (!filesystem::is_regular_file(file, ignored)) return {"it is not a file"};
  try {
    const RunRecord& record = files.read(file, "out");
    if (record.id != id) return {fmt::format("its id is {}", quotation(record.id))};
    return {"", &record};
  } catch (const RequestError& error) {
    return {without_full_stop(error.what())};
  } catch (const RecordDefect& defect) {
    return {defect.what()};
  }
}

RecordFound find_record_of(RecordFiles& files, const filesystem::path& folder, const SweepRun& run) {
  RecordFound found = find_record(files, record_file(folder, run.id), run.id);
  if (found.record != nullptr && (found.record->status == "undefined") != run.undefined.has_value()) {
    return {fmt::format("its status is {}, and the run is {}", found.record->status,
                        run.undefined ? "undefined" : "defined")};
  }
  return found;
}

std::string recorded_status(const filesystem::path& folder, const SweepRun& run) {
  RecordFiles files;
  const RunRecord* record = find_record_of(files, folder, run).record;
  return record == nullptr ? "" : record->status;
}

}  // namespace normlab
