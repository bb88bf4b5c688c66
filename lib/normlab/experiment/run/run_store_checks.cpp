#include "normlab/experiment/run/run_store_checks.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>

#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/text.h"
#include "normlab/records/value_checks.h"
#include "normlab/records/vocabulary.h"

namespace normlab {
namespace {

namespace filesystem = std::filesystem;

std::string quoted(const filesystem::path& path) {
  return quotation(path.string());
}

// Where two specs differ first, for people: "grid.batch_size: [4,32] there, [4] asked for".
std::string first_difference(const Json& there, const Json& asked) {
  static const Json none;
  for (const char* section : {"name", "base", "grid", "overrides"}) {
    const Json& a = there.contains(section) ? there[section] : none;
    const Json& b = asked.contains(section) ? asked[section] : none;
    if (a == b) continue;
    if (a.is_object() && b.is_object()) {
      Json keys = a;
      keys.update(b);
      for (const auto& item : keys.items()) {
        const Json& left = a.contains(item.key()) ? a[item.key()] : none;
        const Json& right = b.contains(item.key()) ? b[item.key()] : none;
        if (left != right) {
          return fmt::format("{}.{}: {} there, {} asked for", section, item.key(), shown(left), shown(right));
        }
      }
    }
    return fmt::format("{}: {} there, {} asked for", section, shown(a), shown(b));
  }
  return "the defaults of another version of normlab there";
}

std::optional<Json> parse_sweep_file(const std::string& text) {
  try {
    return parse_json_if_valid(text, "sweep.json");
  } catch (const RequestError&) {  // no JSON that normlab writes
    return std::nullopt;
  }
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

// What was wrong with this process or the disk, and not with the folder.
bool is_shortage(int error) {
  static constexpr std::array shortages{EMFILE, ENFILE, ENOMEM, ENOSPC, EDQUOT, EIO};
  return std::find(shortages.begin(), shortages.end(), error) != shortages.end();
}

// Why nothing can be written into the folder, which is made (with its parents) if need be.
std::error_code writing_problem(const filesystem::path& folder) {
  std::error_code error;
  filesystem::create_directories(folder, error);
  if (!error && !filesystem::is_directory(folder, error) && !error)
    error = std::make_error_code(std::errc::not_a_directory);
  if (!error) {
    const filesystem::path probe = folder / fmt::format("probe.{}.partial", ::getpid());
    const int file = ::open(probe.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0) error = {errno, std::generic_category()};
    if (file >= 0) ::close(file);
    ::unlink(probe.c_str());
  }
  return error;
}

// A pipe would be waited for, and nothing else could be replaced by a file.
void require_place_of_file(const filesystem::path& path) {
  std::error_code error;
  const filesystem::file_status status = filesystem::status(path, error);
  if (status.type() == filesystem::file_type::regular || status.type() == filesystem::file_type::not_found)
    return;
  if (!filesystem::status_known(status)) refuse_folder("out", path.parent_path(), error.value());
  std::string_view what = "something else than a file";
  if (status.type() == filesystem::file_type::directory) what = "a folder";
  if (status.type() == filesystem::file_type::fifo) what = "a pipe";
  if (filesystem::is_character_file(status) || filesystem::is_block_file(status)) what = "a device";
  if (status.type() == filesystem::file_type::socket) what = "a socket";
  refuse("out", quoted(path), fmt::format("it is {}, and the sweep writes a file of that name", what));
}

// The beginning of a summary says what it is, also in one that was cut off.
std::string beginning_of(const filesystem::path& file) {
  std::string text(1 << 16, '\0');
  std::ifstream stream(file, std::ios::binary);
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

bool is_json_summary(const filesystem::path& file) {
  std::string text = beginning_of(file);
  std::erase_if(text, [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; });
  return text.starts_with(fmt::format(R"({{"schema":"{})", schema_family(summary_schema)));
}

bool is_csv_summary(const filesystem::path& file) {
  const std::string text = beginning_of(file);
  return text.starts_with("model,norm,batch_size,") &&
         text.find(",dataset,target,counted_to,runs,") != std::string::npos;
}

void require_own_summary(const filesystem::path& folder, const char* name,
                         bool (*is_summary)(const filesystem::path&)) {
  const filesystem::path file = folder / name;
  require_place_of_file(file);
  if (!is_file(file) || is_summary(file)) return;
  refuse("out", quoted(folder),
         fmt::format("it holds {} which is not a summary of normlab's, so move that away or give another "
                     "folder with --out",
                     name));
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

void refuse_folder(std::string_view field, const filesystem::path& folder, int error) {
  if (is_shortage(error))
    throw RunError(fmt::format("cannot write into {}: {}", shortened(folder.string()), std::strerror(error)));
  refuse(field, quoted(folder), fmt::format("a folder that can be written is ({})", std::strerror(error)));
}

void require_writable_folder(const filesystem::path& folder, std::string_view field) {
  if (const std::error_code error = writing_problem(folder)) refuse_folder(field, folder, error.value());
}

void require_same_spec(const filesystem::path& folder, const Json& sweep) {
  const std::optional<Json> there = read_sweep_file(folder / "sweep.json");
  if (!there) return;
  const auto runs = there->find("runs");
  const auto name = there->find("name");
  if (runs != there->end() && *runs == sweep["runs"] && name != there->end() && *name == sweep["name"])
    return;
  refuse("out", quoted(folder),
         fmt::format("it holds the results of a different spec ({}), so give another folder "
                     "with --out",
                     first_difference(*there, sweep)));
}

void require_own_records(const filesystem::path& folder, const std::vector<SweepRun>& runs,
                         RecordFiles& files) {
  std::error_code ignored;
  if (read_sweep_file(folder / "sweep.json") || !filesystem::is_directory(folder / "runs", ignored)) return;
  std::set<std::string> ids;
  for (const SweepRun& run : runs) ids.insert(run.id);
  for (const auto& entry : filesystem::directory_iterator(folder / "runs")) {
    const std::string id = entry.path().stem().string();
    if (entry.path().extension() != ".json" || ids.contains(id) ||
        find_record(files, entry.path(), id).record == nullptr)
      continue;
    refuse(
        "out", quoted(folder),
        fmt::format("it holds the record of another run ({}) and no sweep.json that says of which spec, so "
                    "give another folder with --out",
                    id));
  }
}

void require_places(const filesystem::path& folder, const std::vector<SweepRun>& runs) {
  require_place_of_file(folder / "lock");
  require_own_summary(folder, "summary.json", is_json_summary);
  require_own_summary(folder, "summary.csv", is_csv_summary);
  for (const SweepRun& run : runs) require_place_of_file(evaluation_log_file(folder, run.id));
}

void require_parameters_places(const filesystem::path& folder, const std::vector<SweepRun>& runs) {
  for (const SweepRun& run : runs) require_place_of_file(parameters_file(folder, run.id));
}

namespace {

// Refuses what require_writable_folder() refuses, and makes no folder.
void require_room_for_folder(const filesystem::path& folder) {
  std::error_code error;
  filesystem::path there = folder;
  filesystem::file_status status = filesystem::symlink_status(there, error);
  while (status.type() == filesystem::file_type::not_found) {
    there = there.has_parent_path() ? there.parent_path() : ".";
    status = filesystem::symlink_status(there, error);
  }
  if (filesystem::status_known(status)) error = writing_problem(there);
  if (error) refuse_folder("out", folder, error.value());
}

}  // namespace

void require_usable_folder(const filesystem::path& folder, const SweepSpec& spec,
                           const std::vector<SweepRun>& runs, bool save_parameters) {
  require_same_spec(folder, sweep_json(spec, runs));
  require_places(folder, runs);
  RecordFiles files;
  require_own_records(folder, runs, files);
  require_room_for_folder(folder);
  for (const char* part : {"runs", "checkpoints"}) require_room_for_folder(folder / part);
  if (!save_parameters) return;
  require_room_for_folder(folder / "parameters");
  require_parameters_places(folder, runs);
}

}  // namespace normlab
