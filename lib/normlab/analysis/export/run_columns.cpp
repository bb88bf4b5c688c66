#include "normlab/analysis/export/run_columns.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string_view>

#include "normlab/analysis/seed_groups.h"
#include "normlab/analysis/statistics.h"
#include "normlab/core/json.h"
#include "normlab/core/text.h"

namespace normlab {
namespace {

using nlohmann::json;

// A quantity of RunCosts by the name that records give it.
struct NamedCost {
  std::string_view name;
  std::optional<double> RunCosts::*cost;
};
constexpr std::array<NamedCost, 4> named_costs = {{
    {"epochs", &RunCosts::epochs},
    {"steps", &RunCosts::steps},
    {"train_seconds", &RunCosts::train_seconds},
    {"train_seconds_from_median_step", &RunCosts::train_seconds_from_median_step},
}};

// Further fields of a record, by their paths in it.
constexpr std::array<std::string_view, 24> record_fields = {"started",
                                                            "data_checksum",
                                                            "model.parameters",
                                                            "model.multiply_adds_per_sample",
                                                            "step_seconds.count",
                                                            "step_seconds.p10",
                                                            "step_seconds.median",
                                                            "step_seconds.p90",
                                                            "training_clock.steps",
                                                            "training_clock.seconds",
                                                            "training_clock.cpu_seconds",
                                                            "startup_seconds",
                                                            "checkpoint_seconds",
                                                            "resumed",
                                                            "peak_resident_bytes",
                                                            "environment.normlab",
                                                            "environment.onednn",
                                                            "environment.compiler",
                                                            "environment.cpu",
                                                            "environment.simd",
                                                            "environment.cores",
                                                            "environment.jobs",
                                                            "environment.threads",
                                                            "environment.operating_system"};

CsvFields event_header() {
  CsvFields names = {"event.target", "event.reached"};
  for (const NamedCost& cost : named_costs) {
    names.push_back(fmt::format("event.{}_after", cost.name));
    names.push_back(fmt::format("event.{}", cost.name));
  }
  return names;
}

// Both ends of the interval that the event lies in; one that was not seen lies anywhere after the first.
void add_event(CsvFields& fields, const RunRecord& run, const std::string& asked) {
  const std::string target = asked.empty() ? text_setting_at(*run.settings, "target") : asked;
  fields.push_back(printable(target));
  fields.push_back(run.event ? run.event->reached ? "true" : "false" : "");
  for (const NamedCost& cost : named_costs) {
    if (!run.event) {
      fields.insert(fields.end(), 2, "");
      continue;
    }
    const RunEvent& event = *run.event;
    fields.push_back(csv_value(event.after.*(cost.cost)));
    fields.push_back(csv_value(event.reached ? event.at.*(cost.cost) : std::optional(not_reached)));
  }
}

void add_end(CsvFields& fields, const RunRecord& run) {
  for (const NamedCost& cost : named_costs)
    fields.push_back(csv_value(run.to_end ? (*run.to_end).*(cost.cost) : std::nullopt));
  fields.push_back(csv_value(run.elapsed_seconds));
}

void add_quality_fields(CsvFields& fields, const RunRecord& run, const std::vector<std::string>& metrics) {
  fields.push_back(printable(run.test_metric));
  fields.push_back(run.test_metric.empty() ? "" : run.better == Better::lower ? "lower" : "higher");
  fields.push_back(csv_value(run.best));
  fields.push_back(csv_value(run.last));
  for (const std::string& metric : metrics) {
    const auto found = std::find_if(run.test.begin(), run.test.end(),
                                    [&](const auto& number) { return number.first == metric; });
    fields.push_back(found == run.test.end() ? "" : csv_value(std::optional(found->second)));
  }
}

}  // namespace

std::string csv_value(const json* value) {
  if (value == nullptr || value->is_null()) return "";
  if (value->is_string()) return printable(value->get_ref<const std::string&>());
  return printable(value->dump(-1, ' ', false, json::error_handler_t::replace));
}

std::string csv_value(const std::optional<double>& value) {
  return value ? fmt::format("{}", *value) : "";
}

std::vector<std::string> metrics_of_runs(const std::vector<RunRecord>& runs) {
  std::vector<std::string> all;
  for (const RunRecord& run : runs) {
    for (const std::string& name : run.metrics) {
      if (std::find(all.begin(), all.end(), name) == all.end()) all.push_back(name);
    }
  }
  return all;
}

RunColumns::RunColumns(const SweepRecords& sweep)
    : target_(sweep.target), metrics_(metrics_of_runs(sweep.runs)) {
  std::set<const Settings*> seen;
  std::set<std::string> paths;
  for (const RunRecord& run : sweep.runs) {
    if (!seen.insert(run.settings.get()).second) continue;
    for (const auto& setting : *run.settings) paths.insert(setting->path);
  }
  settings_.assign(paths.begin(), paths.end());
}

CsvFields RunColumns::header() const {
  CsvFields names = {"id", "status", "reason", "seed"};
  for (const std::string& path : settings_) names.push_back(printable(path));
  const CsvFields event = event_header();
  names.insert(names.end(), event.begin(), event.end());
  for (const NamedCost& cost : named_costs) names.push_back(fmt::format("end.{}", cost.name));
  names.insert(names.end(), {"end.elapsed_seconds", "validation.metric", "validation.better",
                             "validation.best", "validation.final"});
  for (const std::string& metric : metrics_) names.push_back(printable("test." + metric));
  names.insert(names.end(), {"diverged_step", "time_warnings", "doubts_median_step"});
  names.insert(names.end(), record_fields.begin(), record_fields.end());
  return names;
}

CsvFields RunColumns::fields(const RunRecord& run, const json& record) const {
  CsvFields fields = {printable(run.id), run.status, printable(run.reason), std::to_string(run.seed)};
  for (const std::string& path : settings_) fields.push_back(csv_value(setting_at(*run.settings, path)));
  add_event(fields, run, target_);
  add_end(fields, run);
  add_quality_fields(fields, run, metrics_);
  fields.push_back(csv_value(run.diverged_step));
  fields.push_back(printable(fmt::format("{}", fmt::join(run.time_warnings, "; "))));
  fields.emplace_back(run.doubts_median_step ? "true" : "false");
  for (const std::string_view path : record_fields) fields.push_back(csv_value(value_at(record, path)));
  return fields;
}

RunKeyColumns::RunKeyColumns(const std::vector<RunRecord>& runs) {
  settings_ = {"model.name", "norm.name", "batch_size"};
  const VaryingSettings varying = find_varying_settings(runs);
  settings_.insert(settings_.end(), varying.columns.begin(), varying.columns.end());
  settings_.insert(settings_.end(), varying.by_model.begin(), varying.by_model.end());
}

CsvFields RunKeyColumns::header() const {
  CsvFields names = {"id", "seed"};
  for (const std::string& path : settings_) names.push_back(printable(path));
  return names;
}

CsvFields RunKeyColumns::fields(const RunRecord& run) const {
  CsvFields fields = {printable(run.id), std::to_string(run.seed)};
  for (const std::string& path : settings_) fields.push_back(csv_value(setting_at(*run.settings, path)));
  return fields;
}

}  // namespace normlab
