#include "normlab/analysis/pool.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <set>
#include <unordered_map>
#include <utility>

#include "normlab/analysis/seed_groups.h"
#include "normlab/analysis/texts.h"
#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/json.h"
#include "normlab/core/log.h"
#include "normlab/core/text.h"
#include "normlab/records/contradiction.h"
#include "normlab/records/fields.h"
#include "normlab/records/vocabulary.h"

namespace normlab {
namespace {

using nlohmann::json;
using std::filesystem::path;

// Whether a sweep is known to work there, and nothing that it wrote is lost.
bool has_only_begun(const SweepRecords& sweep) {
  return text_at(sweep.spec, "schema").starts_with(schema_family(sweep_schema)) && sweep.warnings.empty();
}

SweepRecords load_folder(const path& folder, RecordFiles& files) {
  SweepRecords sweep = load_sweep(folder, files);
  if (sweep.runs.empty() && !has_only_begun(sweep)) {
    for (const std::string& warning : sweep.warnings) log_warning(warning);
    refuse("results", quotation(folder.string()), "at least one run record in runs/ is needed");
  }
  return sweep;
}

// Refuses two files of one id unless they tell of the same run.
void require_agreement(const path& a, const path& b) {
  const auto record = [](const path& file) { return read_sorted_json(file, "results"); };
  const std::string contradiction = contradiction_of(record(a), record(b));
  if (contradiction.empty()) return;
  throw RequestError(fmt::format(
      "results: {} and {} are records of one run, and contradict each other {}; another machine or "
      "version, or other data, may be why, and only one of them can be counted.",
      quotation(a.string()), quotation(b.string()), contradiction));
}

// By which of two records of a run it is counted: an ended one if there is one, then by how far it went.
std::pair<int, double> progress_of(const RunRecord& run) {
  const int rank = run.status == status::failed ? 0 : run.status == status::interrupted ? 1 : 2;
  return {rank, run.to_end ? run.to_end->steps.value_or(0) : 0};
}

void append_name(std::string& text, const std::string& more) {
  if (text.empty()) {
    text = more;
  } else if (!more.empty() && text != more) {
    text += " + " + more;
  }
}

// What of a folder is needed when its runs are among the others.
struct FolderSettings {
  std::string name;
  std::set<std::shared_ptr<const Settings>> settings;
  std::set<std::string> varying;
};

FolderSettings settings_of(const path& folder, const SweepRecords& sweep) {
  FolderSettings found{.name = shortened(folder.string()), .settings = {}, .varying = {}};
  for (const RunRecord& run : sweep.runs) found.settings.insert(run.settings);
  const VaryingSettings varying = find_varying_settings(sweep.runs);
  found.varying.insert(varying.columns.begin(), varying.columns.end());
  return found;
}

// "0.5 in results/a"
std::string values_text(const FolderSettings& folder, const std::string& setting) {
  std::set<std::string> values;
  for (const auto& settings : folder.settings) {
    const json* value = setting_at(*settings, setting);
    values.insert(shortened(setting_text(value == nullptr ? json() : *value)));
  }
  return fmt::format("{} in {}", fmt::join(values, ", "), folder.name);
}

void warn_of_settings(SweepRecords& pooled, const std::vector<FolderSettings>& folders) {
  for (const std::string& setting : find_varying_settings(pooled.runs).columns) {
    const auto varies = [&](const FolderSettings& folder) { return folder.varying.contains(setting); };
    if (std::any_of(folders.begin(), folders.end(), varies)) continue;
    std::vector<std::string> texts;
    texts.reserve(folders.size());
    for (const FolderSettings& folder : folders) texts.push_back(values_text(folder, setting));
    pooled.warnings.push_back(
        fmt::format("the folders differ in {}, so that runs stand in rows of their own: {}",
                    shortened(setting), fmt::join(texts, "; ")));
  }
}

// Puts the runs of one folder behind those of the folders before.
class RunPool {
 public:
  explicit RunPool(SweepRecords& pooled) : pooled_(pooled) {}

  void add(std::vector<RunRecord> runs) {
    for (RunRecord& run : runs) {
      const auto [known, is_new] = places_.try_emplace(run.id, pooled_.runs.size());
      if (is_new) {
        pooled_.runs.push_back(std::move(run));
      } else {
        add_again(pooled_.runs[known->second], std::move(run));
      }
    }
  }

 private:
  void add_again(RunRecord& counted, RunRecord run) {
    require_agreement(counted.file, run.file);
    ++pooled_.repeated;
    if (progress_of(run) > progress_of(counted)) counted = std::move(run);
  }

  SweepRecords& pooled_;
  std::unordered_map<std::string, std::size_t> places_;  // in it, by id
};

// All but the runs.
void describe_folder(SweepRecords& pooled, const std::string& name, const SweepRecords& sweep) {
  append_name(pooled.name, sweep.name);
  append_name(pooled.description, sweep.description);
  pooled.target = sweep.target;
  pooled.variations = sweep.variations;
  for (const std::string& warning : sweep.warnings)
    pooled.warnings.push_back(fmt::format("{}: {}", name, warning));
  pooled.expected.insert(pooled.expected.end(), sweep.expected.begin(), sweep.expected.end());
  for (const char* part : {"grid", "base"}) {
    if (const json* value = value_at(sweep.spec, part)) pooled.spec[part].push_back(*value);
  }
  pooled.times.insert(pooled.times.end(), sweep.times.begin(), sweep.times.end());
  pooled.folders.push_back({name, static_cast<Index>(sweep.runs.size())});
}

}  // namespace

SweepRecords load_pool(const std::vector<path>& folders, RecordFiles& files) {
  if (folders.size() == 1) return load_folder(folders.front(), files);
  SweepRecords pooled;
  RunPool runs(pooled);
  std::vector<FolderSettings> settings;
  for (const path& folder : folders) {
    SweepRecords sweep = load_folder(folder, files);
    settings.push_back(settings_of(folder, sweep));
    describe_folder(pooled, settings.back().name, sweep);
    runs.add(std::move(sweep.runs));
  }
  std::set<std::string> seen;
  std::erase_if(pooled.expected, [&](const std::string& id) { return !seen.insert(id).second; });
  warn_of_settings(pooled, settings);
  return pooled;
}

}  // namespace normlab
