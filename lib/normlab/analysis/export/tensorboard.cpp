#include "normlab/analysis/export/tensorboard.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <string_view>
#include <vector>

#include "normlab/analysis/export/event_file.h"
#include "normlab/analysis/seed_groups.h"
#include "normlab/core/file.h"
#include "normlab/core/json.h"
#include "normlab/core/writable_folder.h"
#include "normlab/records/fields.h"
#include "normlab/records/record_split.h"

namespace normlab {
namespace {

using nlohmann::json;

constexpr std::string_view file_name = "events.out.tfevents.normlab";  // TensorBoard looks for "tfevents"

// "2026-03-01T14:05:09Z" in seconds since 1970; 0 where it is no such time, as in records of older versions.
double seconds_of(const std::string& utc_time) {
  int year = 0;
  unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (std::sscanf(utc_time.c_str(), "%4d-%2u-%2uT%2u:%2u:%2uZ", &year, &month, &day, &hour, &minute,
                  &second) != 6) {
    return 0;
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!date.ok()) return 0;
  const auto days = std::chrono::sys_days(date).time_since_epoch();
  return std::chrono::duration<double>(days).count() + 3600.0 * hour + 60.0 * minute + second;
}

// What was measured at one step, `seconds` after the start.
struct MeasuredStep {
  double seconds = 0;
  std::uint64_t step = 0;
  std::vector<TaggedScalar> scalars;
};

// A value that is null was not finite.
void add_scalar(MeasuredStep& at, const std::string& tag, const json* value) {
  if (value == nullptr || !(value->is_number() || value->is_null())) return;
  at.scalars.push_back({tag, value->is_null() ? NAN : value->get<float>()});
}

void add_scalars(MeasuredStep& at, const std::string& group, const json* values) {
  if (values == nullptr || !values->is_object()) return;
  for (const auto& [name, value] : values->items()) add_scalar(at, fmt::format("{}/{}", group, name), &value);
}

void add_layers(MeasuredStep& at, const json* layers) {
  if (layers == nullptr || !layers->is_array()) return;
  for (const json& layer : *layers) {
    const std::string prefix = fmt::format("layers/{}/", text_at(layer, "name"));
    for (const char* field : {"mean", "deviation", "zero_fraction"}) {
      add_scalar(at, fmt::format("{}activation_{}", prefix, field),
                 value_at(layer, std::string("activation.") + field));
    }
    for (const char* field : {"gradient_norm", "parameter_gradient_norm", "weight_norm"})
      add_scalar(at, prefix + field, value_at(layer, field));
  }
}

MeasuredStep measured_step(const json& evaluation) {
  MeasuredStep at;
  at.seconds = number_at(evaluation, "seconds.train").value_or(0);
  at.step = static_cast<std::uint64_t>(number_at(evaluation, "step").value_or(0));
  add_scalars(at, "train", value_at(evaluation, "train"));
  add_scalars(at, "validation", value_at(evaluation, "validation"));
  for (const std::string mode : {"training", "evaluation"})
    add_scalars(at, "modes/" + mode, value_at(evaluation, "modes." + mode));
  add_scalar(at, "learning_rate", value_at(evaluation, "learning_rate"));
  add_scalar(at, "gradient_norm", value_at(evaluation, "gradient_norm"));
  add_layers(at, value_at(evaluation, "layers"));
  return at;
}

// What tells the runs of a sweep apart.
class Sessions {
 public:
  explicit Sessions(const std::vector<RunRecord>& runs) : paths_{"model.name", "norm.name", "batch_size"} {
    const VaryingSettings varying = find_varying_settings(runs);
    paths_.insert(paths_.end(), varying.columns.begin(), varying.columns.end());
    paths_.insert(paths_.end(), varying.by_model.begin(), varying.by_model.end());
  }

  SessionStart start_of(const RunRecord& run, double seconds) const {
    SessionStart session{.group = "", .start_seconds = seconds, .settings = {}};
    for (const std::string& path : paths_) {
      const json* value = setting_at(*run.settings, path);
      if (value == nullptr || value->is_null()) continue;
      session.settings.emplace_back(path, *value);
      session.group += fmt::format("{}{}={}", session.group.empty() ? "" : " ", path, value->dump());
    }
    session.settings.emplace_back("seed", run.seed);
    return session;
  }

 private:
  std::vector<std::string> paths_;
};

// "" for a run that was not evaluated.
std::string event_file_of(const RunRecord& run, const Sessions& sessions) {
  std::vector<MeasuredStep> steps;
  const json record =
      read_evaluations(read_text(run.file, "results", longest_json), "its text",
                       [&](const json& evaluation) { steps.push_back(measured_step(evaluation)); });
  if (steps.empty()) return "";
  if (const json* initial = value_at(record, "initial")) {
    MeasuredStep first;
    add_layers(first, value_at(*initial, "layers"));
    steps.insert(steps.begin(), std::move(first));
  }
  add_scalars(steps.back(), "test", value_at(record, "test"));
  const double started = seconds_of(text_at(record, "started"));
  EventFile file(started);
  file.add_session(started, sessions.start_of(run, started));
  for (const MeasuredStep& at : steps) file.add_scalars(started + at.seconds, at.step, at.scalars);
  return file.bytes();
}

}  // namespace

void write_tensorboard(const std::filesystem::path& folder, const SweepRecords& sweep) {
  require_writable_folder(folder, "tensorboard");
  const Sessions sessions(sweep.runs);
  for (const RunRecord& run : sweep.runs) {
    const std::string bytes = event_file_of(run, sessions);
    if (bytes.empty()) continue;
    require_writable_folder(folder / run.id, "tensorboard");
    write_whole(folder / run.id / file_name, bytes);
  }
}

}  // namespace normlab
