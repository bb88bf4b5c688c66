#include "normlab/experiment/run/run_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <set>
#include <thread>

#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/log.h"
#include "normlab/core/text.h"
#include "normlab/core/writable_folder.h"
#include "normlab/experiment/run/sweep_folder.h"
#include "normlab/records/record.h"

namespace normlab {
namespace {

namespace filesystem = std::filesystem;

}  // namespace

RunStore::RunStore(filesystem::path folder, const SweepSpec& spec, const std::vector<SweepRun>& runs,
                   MayDiffer may_differ)
    : folder_(std::move(folder)) {
  Json sweep = sweep_json(spec, runs);
  // Looked at before the lock is taken, so that nothing is touched in a folder that is refused, and once more
  // behind it, when no other sweep can be about to write its own.
  require_same_spec(folder_, sweep, may_differ);
  require_places(folder_, runs);
  require_writable_folder(folder_, "out");
  take_lock(sweep, may_differ);
  require_same_spec(folder_, sweep, may_differ);
  if (may_differ == MayDiffer::runs) {
    sweep["runs"] = listed_runs(folder_, sweep["runs"]);
  } else {
    require_own_records(folder_, runs, record_files_);
  }
  require_writable_folder(folder_ / "runs", "out");
  require_writable_folder(folder_ / "checkpoints", "out");
  write_sweep_file(sweep);
  remove_partial_files(runs);
  for (const SweepRun& run : runs) set_aside_damaged_record(run);
}

RunStore::Lock::~Lock() {
  if (descriptor >= 0) ::close(descriptor);
}

void RunStore::take_lock(const Json& sweep, MayDiffer may_differ) {
  // Children inherit the lock on purpose: after a parent that was killed, theirs keeps the folder until their
  // last checkpoints are written, which is also why a new sweep waits a moment before it gives up.
  const int file = ::open((folder_ / "lock").c_str(), O_RDWR | O_CREAT, 0644);
  // A child's standard streams take the numbers up to 2, and would close the lock.
  lock_.descriptor = file < 0 ? -1 : ::fcntl(file, F_DUPFD, STDERR_FILENO + 1);
  const int open_error = errno;
  if (file >= 0) ::close(file);
  if (lock_.descriptor < 0) refuse_folder("out", folder_, open_error);
  constexpr int attempts = 50;
  constexpr auto pause = std::chrono::milliseconds(100);
  for (int attempt = 0; attempt < attempts; ++attempt) {
    if (::flock(lock_.descriptor, LOCK_EX | LOCK_NB) == 0) return;
    if (errno != EWOULDBLOCK && errno != EINTR) {
      throw RunError(
          fmt::format("cannot lock {}: {}", shortened((folder_ / "lock").string()), std::strerror(errno)));
    }
    require_same_spec(folder_, sweep, may_differ);
    if (attempt == 10)
      log_info(fmt::format("waiting for another sweep to leave {}", shortened(folder_.string())));
    std::this_thread::sleep_for(pause);
  }
  refuse("out", quotation(folder_.string()),
         "another sweep is working in that folder, and only one may; wait for it or give another "
         "folder");
}

void RunStore::write_sweep_file(const Json& sweep) const {
  const filesystem::path file = folder_ / "sweep.json";
  std::error_code ignored;
  if (filesystem::exists(filesystem::symlink_status(file, ignored)) && !read_sweep_file(file)) {
    const filesystem::path aside = set_aside(file);
    log_warning(fmt::format("{} is damaged and set aside as {}; the spec that was given takes its place",
                            shortened(file.string()), shortened(aside.filename().string())));
  }
  const std::string text = record_text(sweep);
  if (!filesystem::exists(file, ignored) || read_text(file, "out") != text) write_whole(file, text);
}

// What looks like the record of a run and is not would count as one; the run is done again.
void RunStore::set_aside_damaged_record(const SweepRun& run) const {
  const filesystem::path path = record_path(run.id);
  std::error_code ignored;
  if (!filesystem::exists(filesystem::symlink_status(path, ignored))) return;
  const std::string defect = find_record_of(record_files_, folder_, run).defect;
  if (defect.empty()) return;
  const filesystem::path aside = set_aside(path);
  log_warning(fmt::format("{} is set aside as {}, because {}; the run is done again",
                          shortened(path.string()), shortened(aside.filename().string()), defect));
}

void RunStore::prepare_parameters(const std::vector<SweepRun>& runs) const {
  require_writable_folder(folder_ / "parameters", "out");
  require_parameters_places(folder_, runs);
}

// What a process that was killed left behind while it wrote a file; never read, so only untidy. Other files
// of that ending are somebody's.
void RunStore::remove_partial_files(const std::vector<SweepRun>& runs) const {
  const std::string probe = "probe";  // see require_writable_folder
  std::set<std::string> records{probe}, checkpoints{probe}, parameters{probe};
  for (const SweepRun& run : runs) {
    records.insert(record_path(run.id).filename());
    checkpoints.insert(checkpoint_path(run.id).filename());
    parameters.insert(parameters_path(run.id).filename());
  }
  normlab::remove_partial_files(folder_, {probe, "sweep.json", "summary.json", "summary.csv"});
  normlab::remove_partial_files(folder_ / "runs", records);
  normlab::remove_partial_files(folder_ / "checkpoints", checkpoints);
  normlab::remove_partial_files(folder_ / "parameters", parameters);
}

filesystem::path RunStore::record_path(std::string_view id) const {
  return record_file(folder_, id);
}

filesystem::path RunStore::checkpoint_path(std::string_view id) const {
  return folder_ / "checkpoints" / fmt::format("{}.checkpoint", id);
}

filesystem::path RunStore::evaluation_log_path(std::string_view id) const {
  return evaluation_log_file(folder_, id);
}

filesystem::path RunStore::parameters_path(std::string_view id) const {
  return parameters_file(folder_, id);
}

void RunStore::remove_leftovers(std::string_view id) const {
  std::error_code ignored;
  filesystem::remove(checkpoint_path(id), ignored);
  filesystem::remove(evaluation_log_path(id), ignored);
}

const RunRecord* RunStore::record(const SweepRun& run) const {
  return find_record_of(record_files_, folder_, run).record;
}

std::string RunStore::status(const SweepRun& run) const {
  const RunRecord* found = record(run);
  return found == nullptr ? "" : found->status;
}

void RunStore::write_record(std::string_view id, const Json& record) const {
  write_whole(record_path(id), record_text(record));
}

}  // namespace normlab
