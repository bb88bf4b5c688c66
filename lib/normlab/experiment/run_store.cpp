#include "normlab/experiment/run_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <set>
#include <thread>

#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/log.h"
#include "normlab/core/text.h"
#include "normlab/experiment/record.h"
#include "normlab/experiment/record_check.h"

namespace normlab {
namespace {

namespace filesystem = std::filesystem;

std::string quoted(const filesystem::path& path) {
  return quotation(path.string());
}

Json sweep_json(const SweepSpec& spec, const std::vector<SweepCell>& cells) {
  Json json = to_json(spec);
  json["runs"] = Json::array();
  for (const SweepCell& cell : cells) json["runs"].push_back(cell.id);
  return json;
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

// What sweep.json says; nothing when it is absent or damaged, which only a loss of data explains, since it is
// written whole. What some other program or version wrote is not damaged, and differs from every spec.
std::optional<Json> read_sweep_file(const filesystem::path& file) {
  std::error_code ignored;
  if (!filesystem::is_regular_file(file, ignored)) return std::nullopt;
  std::optional<Json> json = parse_json_if_valid(read_text(file, "out", longest_json), file.string());
  const bool is_ours = json && json->is_object() && json->contains("schema") && (*json)["schema"].is_string();
  return is_ours ? std::move(json) : std::nullopt;
}

filesystem::path record_file(const filesystem::path& folder, std::string_view id) {
  return folder / "runs" / fmt::format("{}.json", id);
}

struct RecordFile {
  std::string defect;  // why it is not the record of its run, or ""
  std::string status;
};

RecordFile read_record_file(const filesystem::path& file, std::string_view id) {
  std::error_code ignored;
  if (!filesystem::is_regular_file(file, ignored)) return {"it is not a file", ""};
  try {
    const nlohmann::json record = parse_sorted_json(read_text(file, "out", longest_json), "its text");
    const std::string defect = record_defect(record);
    if (!defect.empty()) return {defect, ""};
    if (record["id"] != id)
      return {fmt::format("its id is {}", quotation(record["id"].get<std::string>())), ""};
    return {"", record["status"].get<std::string>()};
  } catch (const RequestError& error) {
    return {error.what(), ""};
  }
}

}  // namespace

void require_writable_folder(const filesystem::path& folder, std::string_view field) {
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
  if (error.value() == ENOSPC)
    throw RunError(fmt::format("cannot write into {}: {}", folder.string(), error.message()));
  if (error) {
    refuse(field, quoted(folder), fmt::format("a folder that can be written is ({})", error.message()));
  }
}

std::string recorded_status(const filesystem::path& folder, std::string_view id) {
  return read_record_file(record_file(folder, id), id).status;
}

RunStore::RunStore(filesystem::path folder, const SweepSpec& spec, const std::vector<SweepCell>& cells)
    : folder_(std::move(folder)) {
  const Json sweep = sweep_json(spec, cells);
  // Looked at before the lock is taken, so that nothing is touched in a folder that is refused, and once more
  // behind it, when no other sweep can be about to write its own.
  require_same_spec(sweep);
  require_writable_folder(folder_, "out");
  take_lock(sweep);
  require_same_spec(sweep);
  require_own_records(cells);
  require_writable_folder(folder_ / "runs", "out");
  require_writable_folder(folder_ / "checkpoints", "out");
  write_sweep_file(sweep);
  remove_partial_files();
  for (const SweepCell& cell : cells) set_aside_damaged_record(cell.id);
}

RunStore::Lock::~Lock() {
  if (descriptor >= 0) ::close(descriptor);
}

void RunStore::take_lock(const Json& sweep) {
  // Children inherit the lock on purpose: after a parent that was killed, theirs keeps the folder until their
  // last checkpoints are written, which is also why a new sweep waits a moment before it gives up.
  const int file = ::open((folder_ / "lock").c_str(), O_RDWR | O_CREAT, 0644);
  // A child's standard streams take the numbers up to 2, and would close the lock.
  lock_.descriptor = file < 0 ? -1 : ::fcntl(file, F_DUPFD, STDERR_FILENO + 1);
  if (lock_.descriptor < 0)
    refuse("out", quoted(folder_), fmt::format("a folder that can be written is ({})", std::strerror(errno)));
  ::close(file);
  constexpr int attempts = 50;
  constexpr auto pause = std::chrono::milliseconds(100);
  for (int attempt = 0; attempt < attempts; ++attempt) {
    if (::flock(lock_.descriptor, LOCK_EX | LOCK_NB) == 0) return;
    require_same_spec(sweep);
    if (attempt == 10) log_info(fmt::format("waiting for another sweep to leave {}", folder_.string()));
    std::this_thread::sleep_for(pause);
  }
  refuse("out", quoted(folder_),
         "another sweep is working in that folder, and only one may; wait for it or give another "
         "folder");
}

void RunStore::require_same_spec(const Json& sweep) const {
  const std::optional<Json> there = read_sweep_file(folder_ / "sweep.json");
  if (!there) return;
  const auto runs = there->find("runs");
  const auto name = there->find("name");
  if (runs != there->end() && *runs == sweep["runs"] && name != there->end() && *name == sweep["name"])
    return;
  refuse("out", quoted(folder_),
         fmt::format("it holds the results of a different spec ({}), so give another folder "
                     "with --out",
                     first_difference(*there, sweep)));
}

// Without a sweep.json that can be read, the records tell whose folder it is.
void RunStore::require_own_records(const std::vector<SweepCell>& cells) const {
  std::error_code ignored;
  if (read_sweep_file(folder_ / "sweep.json") || !filesystem::is_directory(folder_ / "runs", ignored)) return;
  std::set<std::string> ids;
  for (const SweepCell& cell : cells) ids.insert(cell.id);
  for (const auto& entry : filesystem::directory_iterator(folder_ / "runs")) {
    const std::string id = entry.path().stem().string();
    if (entry.path().extension() != ".json" || ids.contains(id) ||
        !read_record_file(entry.path(), id).defect.empty())
      continue;
    refuse(
        "out", quoted(folder_),
        fmt::format("it holds the record of another run ({}) and no sweep.json that says of which spec, so "
                    "give another folder with --out",
                    id));
  }
}

void RunStore::write_sweep_file(const Json& sweep) const {
  const filesystem::path file = folder_ / "sweep.json";
  std::error_code ignored;
  if (filesystem::exists(filesystem::symlink_status(file, ignored)) && !read_sweep_file(file)) {
    const filesystem::path aside = set_aside(file);
    log_warning(fmt::format("{} is damaged and set aside as {}; the spec that was given takes its place",
                            file.string(), aside.filename().string()));
  }
  const std::string text = record_text(sweep);
  if (!filesystem::exists(file, ignored) || read_text(file, "out") != text) write_whole(file, text);
}

// What looks like the record of a run and is not would count as one; the run is done again.
void RunStore::set_aside_damaged_record(std::string_view id) const {
  const filesystem::path path = record_path(id);
  std::error_code ignored;
  if (!filesystem::exists(filesystem::symlink_status(path, ignored))) return;
  const std::string defect = read_record_file(path, id).defect;
  if (defect.empty()) return;
  const filesystem::path aside = set_aside(path);
  log_warning(fmt::format("{} is set aside as {}, because {}; the run is done again", path.string(),
                          aside.filename().string(), defect));
}

// What a process that was killed left behind while it wrote a file; never read, so only untidy.
void RunStore::remove_partial_files() const {
  for (const char* part : {".", "runs", "checkpoints", "parameters"}) {
    std::error_code absent;
    for (const auto& entry : filesystem::directory_iterator(folder_ / part, absent)) {
      if (entry.path().extension() != ".partial") continue;
      std::error_code ignored;
      filesystem::remove(entry.path(), ignored);
    }
  }
}

filesystem::path RunStore::record_path(std::string_view id) const {
  return record_file(folder_, id);
}

filesystem::path RunStore::checkpoint_path(std::string_view id) const {
  return folder_ / "checkpoints" / fmt::format("{}.checkpoint", id);
}

filesystem::path RunStore::evaluation_log_path(std::string_view id) const {
  return folder_ / "checkpoints" / fmt::format("{}.evaluations", id);
}

filesystem::path RunStore::parameters_path(std::string_view id) const {
  return folder_ / "parameters" / fmt::format("{}.safetensors", id);
}

void RunStore::remove_leftovers(std::string_view id) const {
  std::error_code ignored;
  filesystem::remove(checkpoint_path(id), ignored);
  filesystem::remove(evaluation_log_path(id), ignored);
}

void RunStore::write_record(std::string_view id, const Json& record) const {
  write_whole(record_path(id), record_text(record));
}

}  // namespace normlab
