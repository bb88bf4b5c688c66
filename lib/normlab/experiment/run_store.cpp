#include "normlab/experiment/run_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/log.h"
#include "normlab/experiment/record.h"

namespace normlab {
namespace {

namespace filesystem = std::filesystem;

std::string quoted(const filesystem::path& path) {
  return fmt::format("\"{}\"", path.string());
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

RunStore::RunStore(filesystem::path folder, const SweepSpec& spec, const std::vector<SweepCell>& cells)
    : folder_(std::move(folder)) {
  const Json sweep = sweep_json(spec, cells);
  require_same_spec(sweep);
  require_writable_folder(folder_, "out");
  take_lock();
  require_writable_folder(folder_ / "runs", "out");
  require_writable_folder(folder_ / "checkpoints", "out");
  remove_partial_files();
  const filesystem::path file = folder_ / "sweep.json";
  const std::string text = record_text(sweep);
  std::error_code ignored;
  if (!filesystem::exists(file, ignored) || read_text(file, "out") != text) write_whole(file, text);
}

RunStore::~RunStore() {
  if (lock_ >= 0) ::close(lock_);
}

void RunStore::take_lock() {
  // Children inherit the lock on purpose: after a parent that was killed, theirs keeps the folder until their
  // last checkpoints are written, which is also why a new sweep waits a moment before it gives up.
  lock_ = ::open((folder_ / "lock").c_str(), O_RDWR | O_CREAT, 0644);
  if (lock_ < 0)
    refuse("out", quoted(folder_), fmt::format("a folder that can be written is ({})", std::strerror(errno)));
  constexpr int attempts = 50;
  constexpr auto pause = std::chrono::milliseconds(100);
  for (int attempt = 0; attempt < attempts; ++attempt) {
    if (::flock(lock_, LOCK_EX | LOCK_NB) == 0) return;
    if (attempt == 10) log_info(fmt::format("waiting for another sweep to leave {}", folder_.string()));
    std::this_thread::sleep_for(pause);
  }
  ::close(lock_);
  lock_ = -1;
  refuse("out", quoted(folder_),
         "another sweep is working in that folder, and only one may; wait for it or give another "
         "folder");
}

void RunStore::require_same_spec(const Json& sweep) const {
  const filesystem::path file = folder_ / "sweep.json";
  std::error_code ignored;
  if (!filesystem::exists(file, ignored)) return;
  const Json there = read_json(file, "out");
  const auto runs = there.find("runs");
  const auto name = there.find("name");
  if (runs != there.end() && *runs == sweep["runs"] && name != there.end() && *name == sweep["name"]) return;
  refuse("out", quoted(folder_),
         fmt::format("it holds the results of a different spec ({}), so give another folder "
                     "with --out",
                     first_difference(there, sweep)));
}

// What a process that was killed left behind while it wrote a file; never read, so only untidy.
void RunStore::remove_partial_files() const {
  for (const char* part : {".", "runs", "checkpoints"}) {
    for (const auto& entry : filesystem::directory_iterator(folder_ / part)) {
      if (entry.path().extension() != ".partial") continue;
      std::error_code ignored;
      filesystem::remove(entry.path(), ignored);
    }
  }
}

filesystem::path RunStore::record_path(std::string_view id) const {
  return folder_ / "runs" / fmt::format("{}.json", id);
}

filesystem::path RunStore::checkpoint_path(std::string_view id) const {
  return folder_ / "checkpoints" / fmt::format("{}.checkpoint", id);
}

std::string RunStore::status(std::string_view id) const {
  const filesystem::path path = record_path(id);
  std::error_code ignored;
  if (!filesystem::exists(path, ignored)) return "";
  try {
    const Json record = read_json(path, "out");
    const Json* status = find_setting(record, "status");
    return status != nullptr && status->is_string() ? status->get<std::string>() : "";
  } catch (const RequestError&) {
    return "";  // not whole, whoever wrote it; the run is done again
  }
}

void RunStore::write_record(std::string_view id, const Json& record) const {
  write_whole(record_path(id), record_text(record));
}

}  // namespace normlab
