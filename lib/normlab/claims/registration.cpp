#include "normlab/claims/registration.h"

#include <fmt/format.h>

#include <algorithm>

#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/log.h"
#include "normlab/core/process.h"
#include "normlab/core/text.h"
#include "normlab/core/writable_folder.h"
#include "normlab/records/record.h"
#include "normlab/records/vocabulary.h"

namespace normlab {
namespace {

namespace filesystem = std::filesystem;

std::int64_t count_files(const filesystem::path& folder, std::string_view ending) {
  std::error_code absent;
  std::int64_t count = 0;
  for (const auto& entry : filesystem::directory_iterator(folder, absent))
    count += entry.path().extension() == ending ? 1 : 0;
  return count;
}

// Whatever tells of how runs went: records, what unfinished runs have shown so far, the same of a search, and
// what that chose.
std::int64_t count_data(const filesystem::path& folder) {
  std::int64_t count = is_file(folder / "tuned.json") ? 1 : 0;
  for (const filesystem::path& of_runs : {folder, folder / "tuning"})
    count += count_files(of_runs / "runs", ".json") + count_files(of_runs / "checkpoints", ".evaluations");
  return count;
}

bool is_timed(const filesystem::path& folder) {
  return is_file(folder / "times.json");
}

bool is_rule(const Json& rule) {
  const auto has_text = [&](const char* key) { return rule.contains(key) && rule[key].is_string(); };
  return rule.is_object() && has_text("file") && has_text("sha256") && has_text("experiment_sha256") &&
         rule.contains("records") && rule["records"].is_number_unsigned();
}

bool is_registration(const Json& json) {
  return json.is_object() && json.value("schema", Json()) == registration_schema && json.contains("rules") &&
         json["rules"].is_array() && std::ranges::all_of(json["rules"], is_rule);
}

// What claims.json says; null when it is absent or damaged.
Json read_registration(const filesystem::path& path) {
  if (!is_file(path)) return nullptr;
  try {
    Json json = read_json(path, "results");
    return is_registration(json) ? std::move(json) : Json(nullptr);
  } catch (const RequestError&) {
    return nullptr;
  }
}

// A claims file may be moved and stays the same; its name alone tells an earlier form of it from others.
std::string name_of(const ClaimsFile& file) {
  return file.path.filename().string();
}

}  // namespace

void register_rule(const filesystem::path& folder, const ClaimsFile& file, const std::string& spec_sha256) {
  const filesystem::path path = folder / registration_file;
  require_writable_folder(folder, "out");
  Json json = read_registration(path);
  std::error_code ignored;
  if (json.is_null() && filesystem::exists(filesystem::symlink_status(path, ignored))) {
    log_warning(fmt::format("{} is damaged and set aside as {}", shortened(path.string()),
                            shortened(set_aside(path).filename().string())));
  }
  if (json.is_null()) json = {{"schema", registration_schema}, {"rules", Json::array()}};
  for (const Json& rule : json["rules"]) {
    if (rule["sha256"] == file.sha256 && rule["experiment_sha256"] == spec_sha256) return;
  }
  json["rules"].push_back({{"file", name_of(file)},
                           {"sha256", file.sha256},
                           {"experiment_sha256", spec_sha256},
                           {"registered", utc_time(0)},
                           {"records", count_data(folder)},
                           {"timed", is_timed(folder)}});
  write_whole(path, record_text(json));
}

std::string doubt_of_rule(const filesystem::path& folder, const ClaimsFile& file) {
  if (count_data(folder) == 0 && !is_timed(folder)) return "";
  const Json json = read_registration(folder / registration_file);
  if (json.is_null()) return "rule not registered before the data";
  bool other_form = false, before = false;
  for (const Json& rule : json["rules"]) {
    const bool is_same = rule["sha256"] == file.sha256;
    before = before || (is_same && rule["records"] == 0 && rule.value("timed", Json(false)) == false);
    other_form = other_form || (!is_same && rule["file"] == name_of(file));
  }
  if (before) return "";
  return other_form ? "rule changed after the data" : "rule added after the data";
}

}  // namespace normlab
