#include "normlab/experiment/run/run_store_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <unordered_set>

#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/text.h"
#include "normlab/core/writable_folder.h"
#include "normlab/experiment/run/sweep_folder.h"
#include "normlab/records/value_checks.h"
#include "normlab/records/vocabulary.h"

namespace normlab {
namespace {

namespace filesystem = std::filesystem;

std::string quoted(const filesystem::path& path) {
  return quotation(path.string());
}

// Whether every run that `listed` names is among `runs`.
bool lists_part_of(const Json& listed, const Json& runs) {
  if (!listed.is_array()) return false;
  std::unordered_set<std::string> ids;
  for (const Json& id : runs) ids.insert(id.get<std::string>());
  return std::all_of(listed.begin(), listed.end(),
                     [&](const Json& id) { return id.is_string() && ids.contains(id.get<std::string>()); });
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

bool has_schema(const filesystem::path& file, std::string_view schema) {
  std::string text = beginning_of(file);
  std::erase_if(text, [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; });
  return text.starts_with(fmt::format(R"({{"schema":"{})", schema_family(schema)));
}

bool is_json_summary(const filesystem::path& file) {
  return has_schema(file, summary_schema);
}

bool is_times_file(const filesystem::path& file) {
  return has_schema(file, times_schema);
}

bool is_tuned_file(const filesystem::path& file) {
  return has_schema(file, tuned_schema);
}

bool is_csv_summary(const filesystem::path& file) {
  const std::string text = beginning_of(file);
  return text.starts_with("model,norm,batch_size,") &&
         text.find(",dataset,target,counted_to,runs,") != std::string::npos;
}

void require_own_file(const filesystem::path& folder, const char* name, std::string_view what,
                      bool (*is_own)(const filesystem::path&)) {
  const filesystem::path file = folder / name;
  require_place_of_file(file);
  if (!is_file(file) || is_own(file)) return;
  refuse("out", quoted(folder),
         fmt::format("it holds {} which is not {} of normlab's, so move that away or give another "
                     "folder with --out",
                     name, what));
}

}  // namespace

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

void require_same_spec(const filesystem::path& folder, const Json& sweep, MayDiffer may_differ) {
  const std::optional<Json> there = read_sweep_file(folder / "sweep.json");
  if (!there) return;
  const bool same_name = there->value("name", Json()) == sweep["name"];
  const Json listed = there->value("runs", Json());
  const auto same = [&](const char* section) {  // whatever the order of keys
    return nlohmann::json(there->value(section, Json())) == nlohmann::json(sweep.value(section, Json()));
  };
  if (may_differ == MayDiffer::runs && same_name && same("tune")) return;
  if (may_differ == MayDiffer::choices && same_name && same("base") && same("grid")) return;
  if (same_name && listed == sweep["runs"]) return;
  const bool grows = same_name && lists_part_of(listed, sweep["runs"]);
  if (grows && may_differ == MayDiffer::fewer_runs) return;
  refuse("out", quoted(folder),
         fmt::format("it holds the results of a different spec ({}), so {}give another folder with --out",
                     first_difference(*there, sweep), grows ? "add to them with --extend or " : ""));
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
  require_own_file(folder, "summary.json", "a summary", is_json_summary);
  require_own_file(folder, "summary.csv", "a summary", is_csv_summary);
  require_own_file(folder, "tuned.json", "what a search chose", is_tuned_file);
  for (const SweepRun& run : runs) require_place_of_file(evaluation_log_file(folder, run.id));
}

void require_place_of_times(const filesystem::path& folder) {
  require_own_file(folder, "times.json", "a file of step times", is_times_file);
}

void require_parameters_places(const filesystem::path& folder, const std::vector<SweepRun>& runs) {
  for (const SweepRun& run : runs) require_place_of_file(parameters_file(folder, run.id));
}

void require_usable_folder(const filesystem::path& folder, const SweepSpec& spec,
                           const std::vector<SweepRun>& runs, bool save_parameters, MayDiffer may_differ) {
  require_same_spec(folder, sweep_json(spec, runs), may_differ);
  require_places(folder, runs);
  RecordFiles files;
  require_own_records(folder, runs, files);
  require_room_for_folder(folder, "out");
  for (const char* part : {"runs", "checkpoints"}) require_room_for_folder(folder / part, "out");
  if (!save_parameters) return;
  require_room_for_folder(folder / "parameters", "out");
  require_parameters_places(folder, runs);
}

}  // namespace normlab
