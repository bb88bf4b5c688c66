#include "normlab/analysis/sweep_records.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/json.h"
#include "normlab/core/text.h"
#include "normlab/records/fields.h"

namespace normlab {
namespace {

using nlohmann::json;

void load_sweep_file(SweepRecords& sweep, const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) {
    sweep.warnings.emplace_back(
        "sweep.json is missing, so that nothing says which runs belong here; some may be missing as well");
    return;
  }
  if (!is_file(file)) {
    sweep.warnings.emplace_back("sweep.json was passed over: it is not a file");
    return;
  }
  json spec;
  try {
    spec = parse_sorted_json(read_text(file, "results", longest_json), "its text");
  } catch (const std::runtime_error& error) {
    sweep.warnings.push_back(fmt::format("sweep.json was passed over: {}", without_full_stop(error.what())));
    return;
  }
  if (!spec.is_object()) {
    sweep.warnings.push_back(std::string("sweep.json was passed over: it is not a JSON object"));
    return;
  }
  sweep.name = text_at(spec, "name", sweep.name);
  sweep.description = text_at(spec, "description");
  if (const json* runs = value_at(spec, "runs"); runs != nullptr && runs->is_array()) {
    for (const json& id : *runs) {
      if (id.is_string()) sweep.expected.push_back(id.get<std::string>());
    }
  }
  spec.erase("runs");
  sweep.spec = std::move(spec);
}

void load_times_file(SweepRecords& sweep, const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return;
  try {
    sweep.times.push_back(load_step_times(file, "results"));
  } catch (const std::runtime_error& error) {
    sweep.warnings.push_back(fmt::format("times.json was passed over: {}", without_full_stop(error.what())));
  }
}

// Reads the records of one folder.
class RecordFolder {
 public:
  RecordFolder(const std::filesystem::path& folder, SweepRecords& sweep, RecordFiles& files)
      : folder_(folder),
        sweep_(sweep),
        files_(files),
        expected_(sweep.expected.begin(), sweep.expected.end()) {}

  void load() {
    const std::vector<std::string> names = file_names();
    sweep_.runs.reserve(names.size());
    for (const std::string& name : names) load_file(name);
  }

 private:
  std::vector<std::string> file_names() const {
    std::error_code error;
    std::vector<std::string> names;
    for (auto entry = std::filesystem::directory_iterator(folder_, error); !error && entry != end(entry);
         entry.increment(error)) {
      if (entry->path().extension() == ".json") names.push_back(entry->path().filename().string());
    }
    if (error)
      refuse("results", quotation(folder_.string()), "the folder cannot be read: " + error.message());
    std::sort(names.begin(), names.end());
    return names;
  }

  void load_file(const std::string& name) {
    const std::string defect = is_file(folder_ / name) ? load_record_file(name) : "it is not a file";
    if (defect.empty()) return;
    sweep_.warnings.push_back(fmt::format("{} was passed over: {}", shortened("runs/" + name), defect));
  }

  // Why the file is not counted, or "".
  std::string load_record_file(const std::string& name) {
    try {
      RunRecord run = files_.take(folder_ / name, "results");
      std::string defect = defect_in_sweep(run.id, name);
      if (defect.empty()) sweep_.runs.push_back(std::move(run));
      return defect;
    } catch (const TargetError&) {
      throw;
    } catch (const std::runtime_error& error) {
      return without_full_stop(error.what());
    }
  }

  // Why the file of a whole record is not counted, or "".
  std::string defect_in_sweep(const std::string& id, const std::string& name) const {
    if (name != id + ".json") return fmt::format("its id is {}, which is another file's name", quotation(id));
    if (!expected_.empty() && !expected_.contains(id)) return "sweep.json does not list its id";
    return "";
  }

  const std::filesystem::path& folder_;
  SweepRecords& sweep_;
  RecordFiles& files_;
  std::set<std::string_view> expected_;  // of the strings in sweep_
};

// The folder itself, also where it was written as "runs/".
std::filesystem::path without_trailing_slash(const std::filesystem::path& folder) {
  return (folder / ".").lexically_normal().parent_path();
}

// For the runs/ of a sweep's folder, that folder.
std::string sweep_suggestion(const std::filesystem::path& folder) {
  const std::filesystem::path runs = without_trailing_slash(folder);
  if (runs.filename() != "runs") return "";
  const std::filesystem::path sweep = runs.has_parent_path() ? runs.parent_path() : ".";
  return fmt::format(" (did you mean {}?)", quotation(sweep.string()));
}

}  // namespace

SweepRecords load_sweep(const std::filesystem::path& folder) {
  RecordFiles files;
  return load_sweep(folder, files);
}

SweepRecords load_sweep(const std::filesystem::path& folder, RecordFiles& files) {
  std::error_code ignored;
  const std::string quoted = fmt::format("\"{}\"", folder.string());
  if (!std::filesystem::is_directory(folder, ignored)) refuse("results", quoted, "it is not a folder");
  const std::filesystem::path runs = folder / "runs";
  const bool has_runs = std::filesystem::is_directory(runs, ignored);
  if (!has_runs && !std::filesystem::is_regular_file(folder / "sweep.json", ignored)) {
    refuse("results", quoted,
           "a sweep's folder is wanted, with sweep.json and runs/ in it" + sweep_suggestion(folder));
  }
  SweepRecords sweep;
  sweep.name = without_trailing_slash(folder).filename().string();
  sweep.target = files.target();
  sweep.variations = files.variations();
  load_sweep_file(sweep, folder / "sweep.json");
  load_times_file(sweep, folder / "times.json");
  if (has_runs) RecordFolder(runs, sweep, files).load();
  return sweep;
}

}  // namespace normlab
