#include "normlab/experiment/run/run_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <optional>
#include <set>
#include <thread>

#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/log.h"
#include "normlab/core/text.h"
#include "normlab/records/record.h"
#include "normlab/records/value_checks.h"
#include "normlab/records/vocabulary.h"

namespace normlab {
namespace {

namespace filesystem = std::filesystem;

std::string quoted(const filesystem::path& path) {
  return quotation(path.string());
}

Json sweep_json(const SweepSpec& spec, const std::vector<SweepRun>& runs) {
  Json json = to_json(spec);
  json["runs"] = Json::array();
  for (const SweepRun& run : runs) json["runs"].push_back(run.id);
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

std::optional<Json> parse_sweep_file(const std::string& text) {
  try {
    return parse_json_if_valid(text, "sweep.json");
  } catch (const RequestError&) {  // no JSON that normlab writes
    return std::nullopt;
  }
}

// What sweep.json says; nothing when it is absent or damaged, since it is written whole. What some other
// program or version wrote is not damaged, and differs from every spec.
std::optional<Json> read_sweep_file(const filesystem::path& file) {
  std::error_code ignored;
  if (!filesystem::is_regular_file(file, ignored)) return std::nullopt;
  if (filesystem::file_size(file, ignored) > longest_json) return std::nullopt;
  std::optional<Json> json = parse_sweep_file(read_text(file, "out", longest_json));
  const bool is_ours = json && json->is_object() && json->contains("schema") && (*json)["schema"].is_string();
  return is_ours ? std::move(json) : std::nullopt;
}

filesystem::path record_file(const filesystem::path& folder, std::string_view id) {
  return folder / "runs" / fmt::format("{}.json", id);
}

struct RecordFound {
  std::string defect;                 // why there is no record of the run, or ""
  const RunRecord* record = nullptr;  // among those that were read
};

RecordFound find_record(RecordFiles& files, const filesystem::path& file, std::string_view id) {
  std::error_code ignored;
  if (!filesystem::is_regular_file(file, ignored)) return {"it is not a file"};
  try {
    const RunRecord& record = files.read(file, "out");
    if (record.id != id) return {fmt::format("its id is {}", quotation(record.id))};
    return {"", &record};
  } catch (const RequestError& error) {
    return {error.what()};
  } catch (const RecordDefect& defect) {
    return {defect.what()};
  }
}

// Whether a run has a meaning is not the record's to say.
RecordFound find_record_of(RecordFiles& files, const filesystem::path& folder, const SweepRun& run) {
  RecordFound found = find_record(files, record_file(folder, run.id), run.id);
  if (found.record != nullptr && (found.record->status == "undefined") != run.undefined.has_value()) {
    return {fmt::format("its status is {}, and the run is {}", found.record->status,
                        run.undefined ? "undefined" : "defined")};
  }
  return found;
}

// What was wrong with this process or the disk, and not with the folder.
bool is_shortage(int error) {
  static constexpr std::array shortages{EMFILE, ENFILE, ENOMEM, ENOSPC, EDQUOT, EIO};
  return std::find(shortages.begin(), shortages.end(), error) != shortages.end();
}

[[noreturn]] void refuse_folder(std::string_view field, const filesystem::path& folder, int error) {
  if (is_shortage(error))
    throw RunError(fmt::format("cannot write into {}: {}", shortened(folder.string()), std::strerror(error)));
  refuse(field, quoted(folder), fmt::format("a folder that can be written is ({})", std::strerror(error)));
}

// A pipe would be waited for, and nothing else could be replaced by a file.
void require_place_of_file(const filesystem::path& path) {
  std::error_code error;
  const filesystem::file_status status = filesystem::status(path, error);
  if (status.type() == filesystem::file_type::regular || status.type() == filesystem::file_type::not_found)
    return;
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

// The name of the file that write_whole was writing when it left `file` behind (NAME.PROCESS.partial), or "".
std::string written_name(const filesystem::path& file) {
  const filesystem::path stem = file.stem();
  const std::string process = stem.extension().string();
  const bool is_number = process.size() > 1 && std::all_of(process.begin() + 1, process.end(),
                                                           [](char c) { return c >= '0' && c <= '9'; });
  return file.extension() == ".partial" && is_number ? stem.stem().string() : "";
}

void remove_partial_files_in(const filesystem::path& folder, const std::set<std::string>& names) {
  std::error_code absent;
  for (const auto& entry : filesystem::directory_iterator(folder, absent)) {
    std::error_code ignored;
    if (!entry.is_regular_file(ignored) || entry.is_symlink(ignored)) continue;
    if (names.contains(written_name(entry.path().filename()))) filesystem::remove(entry.path(), ignored);
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
  if (error) refuse_folder(field, folder, error.value());
}

std::string recorded_status(const filesystem::path& folder, const SweepRun& run) {
  RecordFiles files;
  const RunRecord* record = find_record_of(files, folder, run).record;
  return record == nullptr ? "" : record->status;
}

bool holds_sweep_file(const filesystem::path& folder) {
  return read_sweep_file(folder / "sweep.json").has_value();
}

RunStore::RunStore(filesystem::path folder, const SweepSpec& spec, const std::vector<SweepRun>& runs)
    : folder_(std::move(folder)) {
  const Json sweep = sweep_json(spec, runs);
  // Looked at before the lock is taken, so that nothing is touched in a folder that is refused, and once more
  // behind it, when no other sweep can be about to write its own.
  require_same_spec(sweep);
  require_places(runs);
  require_writable_folder(folder_, "out");
  take_lock(sweep);
  require_same_spec(sweep);
  require_own_records(runs);
  require_writable_folder(folder_ / "runs", "out");
  require_writable_folder(folder_ / "checkpoints", "out");
  write_sweep_file(sweep);
  remove_partial_files(runs);
  for (const SweepRun& run : runs) set_aside_damaged_record(run);
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
    require_same_spec(sweep);
    if (attempt == 10)
      log_info(fmt::format("waiting for another sweep to leave {}", shortened(folder_.string())));
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
void RunStore::require_own_records(const std::vector<SweepRun>& runs) const {
  std::error_code ignored;
  if (read_sweep_file(folder_ / "sweep.json") || !filesystem::is_directory(folder_ / "runs", ignored)) return;
  std::set<std::string> ids;
  for (const SweepRun& run : runs) ids.insert(run.id);
  for (const auto& entry : filesystem::directory_iterator(folder_ / "runs")) {
    const std::string id = entry.path().stem().string();
    if (entry.path().extension() != ".json" || ids.contains(id) ||
        find_record(record_files_, entry.path(), id).record == nullptr)
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

// Before anything is trained or written; a folder or a pipe in a file's place would be found out too late.
void RunStore::require_places(const std::vector<SweepRun>& runs) const {
  require_place_of_file(folder_ / "lock");
  require_own_summary(folder_, "summary.json", is_json_summary);
  require_own_summary(folder_, "summary.csv", is_csv_summary);
  for (const SweepRun& run : runs) require_place_of_file(evaluation_log_path(run.id));
}

void RunStore::prepare_parameters(const std::vector<SweepRun>& runs) const {
  require_writable_folder(folder_ / "parameters", "out");
  for (const SweepRun& run : runs) require_place_of_file(parameters_path(run.id));
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
  remove_partial_files_in(folder_, {probe, "sweep.json", "summary.json", "summary.csv"});
  remove_partial_files_in(folder_ / "runs", records);
  remove_partial_files_in(folder_ / "checkpoints", checkpoints);
  remove_partial_files_in(folder_ / "parameters", parameters);
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
