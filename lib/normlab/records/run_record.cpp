#include "normlab/records/run_record.h"

#include <algorithm>
#include <cmath>

#include "normlab/core/error.h"
#include "normlab/core/json_events.h"
#include "normlab/records/evaluations.h"
#include "normlab/records/fields.h"
#include "normlab/records/metrics.h"
#include "normlab/records/record_check.h"
#include "normlab/records/record_split.h"
#include "normlab/records/run_id.h"
#include "normlab/records/time_doubts.h"
#include "normlab/records/value_checks.h"
#include "normlab/records/vocabulary.h"
#include "normlab/train/target.h"

namespace normlab {
namespace {

using nlohmann::json;

using SettingPlaces = std::vector<std::pair<std::string, const json*>>;

void flatten_into(SettingPlaces& places, const std::string& prefix, const json& value) {
  if (!value.is_object()) {
    places.emplace_back(prefix, &value);
    return;
  }
  for (const auto& [key, member] : value.items()) {
    std::string path = prefix;
    if (!path.empty()) path += '.';
    flatten_into(places, path += key, member);
  }
}

RunCosts costs_at(const RunPoint& point, std::optional<double> median_step) {
  RunCosts costs{point.epochs, static_cast<double>(point.steps), point.train_seconds, std::nullopt};
  if (median_step) costs.train_seconds_from_median_step = *costs.steps * *median_step;
  return costs;
}

const std::vector<double>* values_of(const MetricsFound& metrics, const std::string& name,
                                     std::size_t count) {
  const auto found = metrics.find(name);
  return found != metrics.end() && found->second.values.size() == count ? &found->second.values : nullptr;
}

// None where it has no meaning for the metrics, which a reader of this version may not know.
std::optional<Target> own_target(const json& record, const std::vector<Metric>& metrics) {
  const std::string text = text_at(record, "config.target");
  if (text.empty()) return std::nullopt;
  try {
    return parse_target(text, metrics);
  } catch (const RequestError&) {
    return std::nullopt;
  }
}

Target asked_target(const std::string& text, const std::vector<Metric>& metrics) {
  try {
    return parse_target(text, metrics);
  } catch (const RequestError& error) {
    throw TargetError(error.what());
  }
}

// The best of the reported metric among the evaluations that have a number for it, and the last where it is
// one.
void read_quality(RunRecord& run, const EvaluationDigest& evaluations) {
  const auto* values = values_of(evaluations.validation, run.test_metric, evaluations.count);
  if (values == nullptr) return;
  const bool lower = run.better == Better::lower;
  for (const double value : *values) {
    if (!std::isfinite(value)) continue;
    run.best = run.best ? lower ? std::min(*run.best, value) : std::max(*run.best, value) : value;
  }
  if (std::isfinite(values->back())) run.last = values->back();
}

// What the evaluations say of the target.
std::optional<RunEvent> find_event(const Target& target, const EvaluationDigest& evaluations,
                                   std::optional<double> median_step) {
  const MetricsFound& metrics = target.split == Split::train ? evaluations.train : evaluations.validation;
  const auto* values = values_of(metrics, target.metric.name, evaluations.count);
  if (values == nullptr) return std::nullopt;
  TargetWatch watch(target.hold);
  for (std::size_t i = 0; i < evaluations.count; ++i)
    watch.see(evaluations.points[i], target.holds((*values)[i]));
  return RunEvent{watch.reached(), costs_at(watch.after(), median_step), costs_at(watch.at(), median_step)};
}

}  // namespace

Settings settings_of_config(const json& config) {
  SettingPlaces places;
  flatten_into(places, "", config);
  Settings settings;
  settings.reserve(places.size());
  for (const auto& [path, value] : places) {
    if (path != "seed")
      settings.push_back(std::make_shared<const RecordedSetting>(RecordedSetting{path, *value, false}));
  }
  std::ranges::stable_sort(settings, {},
                           [](const auto& setting) -> const std::string& { return setting->path; });
  return settings;
}

const json* setting_at(const Settings& settings, std::string_view path) {
  const auto found =
      std::lower_bound(settings.begin(), settings.end(), path,
                       [](const auto& setting, std::string_view wanted) { return setting->path < wanted; });
  return found != settings.end() && (*found)->path == path ? &(*found)->value : nullptr;
}

std::string text_setting_at(const Settings& settings, std::string_view path, std::string_view otherwise) {
  const json* value = setting_at(settings, path);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string(otherwise);
}

RunRecord RunRecordReader::read(std::string_view text, std::string_view source) {
  JsonTreeBuilder<json> rest;
  EvaluationReader evaluation_reader;
  RecordSplit split(rest, evaluation_reader);
  read_json_events(text, source, split);
  const json record = rest.take();
  const EvaluationDigest& evaluations = evaluation_reader.digest();
  if (const std::string defect = record_defect(record, evaluations); !defect.empty())
    throw RecordDefect(defect);

  const json& config = record["config"];
  RunRecord run;
  run.id = text_at(record, "id");
  run.status = text_at(record, "status");
  run.cell = cell_of_config(config);
  run.model = text_at(config, "model.name");
  run.norm = text_at(config, "norm.name");
  run.batch_size = config["batch_size"].get<Index>();
  run.seed = config["seed"].get<std::uint64_t>();
  run.settings = keep_settings(record);
  run.environment = keep_environment(record);
  run.parameters = number_at(record, "model.parameters");
  if (run.status == status::undefined) run.reason = text_at(record, "reason");
  if (run.status == status::failed) run.reason = text_at(record, "cause");
  run.diverged_step = number_at(record, "diverged_step");
  if (evaluations.count > 0) run.elapsed_seconds = evaluations.last_elapsed_seconds;
  run.data_checksum = text_at(record, "data_checksum");
  read_metrics(run, record, evaluations);
  run.time_warnings = time_warnings_of(record);
  run.doubts_median_step = doubts_median_step(record);
  return run;
}

void RunRecordReader::read_metrics(RunRecord& run, const json& record,
                                   const EvaluationDigest& evaluations) const {
  run.variations.resize(variations_.size());
  const json* test = value_at(record, "test");
  std::vector<std::string> found = keys_of(test);
  for (const std::string& name : found) {
    if (const auto number = number_at(*test, name)) run.test.emplace_back(name, *number);
  }
  for (const auto& [name, metric] : evaluations.validation) found.push_back(name);
  const std::vector<Metric> metrics = metrics_of(record, found);
  if (found.empty() || metrics.empty()) return;
  for (const Metric& metric : metrics) run.metrics.push_back(metric.name);
  run.test_metric = metrics.back().name;
  run.better = metrics.back().better;
  if (evaluations.count == 0) return;
  const auto median_step = number_at(record, "step_seconds.median");
  run.to_end = costs_at(evaluations.points.back(), median_step);
  const std::optional<Target> wanted =
      target_.empty() ? own_target(record, metrics) : std::optional(asked_target(target_, metrics));
  if (wanted) run.event = find_event(*wanted, evaluations, median_step);
  for (std::size_t i = 0; wanted && i < variations_.size(); ++i) {
    Target varied = *wanted;
    varied.threshold = variations_[i].threshold;
    varied.hold = variations_[i].hold;
    run.variations[i] = find_event(varied, evaluations, median_step);
  }
  read_quality(run, evaluations);
}

bool RunRecordReader::SettingOrder::is_less(const SettingPlace& a, const SettingPlace& b) {
  if (a.path != b.path) return a.path < b.path;
  if (a.implied != b.implied) return b.implied;
  // 1 and 1.0 are equal, and are not written alike.
  const int type = static_cast<int>(a.value->type()), other = static_cast<int>(b.value->type());
  if (type != other) return type < other;
  return *a.value < *b.value;
}

std::shared_ptr<const RecordedSetting> RunRecordReader::keep_setting(const SettingPlace& place) {
  const auto found = single_settings_.find(place);
  if (found != single_settings_.end()) return *found;
  return *single_settings_
              .insert(std::make_shared<const RecordedSetting>(
                  RecordedSetting{std::string(place.path), *place.value, place.implied}))
              .first;
}

std::shared_ptr<const Settings> RunRecordReader::keep_settings(const json& record) {
  const json* defaults = value_at(record, "defaults");
  SettingPlaces said, implied;
  flatten_into(said, "", record["config"]);
  if (defaults != nullptr && defaults->is_object()) flatten_into(implied, "", *defaults);
  std::vector<SettingPlace> places;
  places.reserve(said.size() + implied.size());
  for (const auto& [path, value] : said) places.push_back({path, value, false});
  for (const auto& [path, value] : implied) places.push_back({path, value, true});
  std::stable_sort(places.begin(), places.end(),
                   [](const SettingPlace& a, const SettingPlace& b) { return a.path < b.path; });
  auto settings = std::make_shared<Settings>();
  settings->reserve(places.size());
  for (const SettingPlace& place : places) {
    // A key with a dot in it may look like a setting within an object.
    const bool is_double = !settings->empty() && settings->back()->path == place.path;
    if (place.path != "seed" && !is_double) settings->push_back(keep_setting(place));
  }
  return *settings_.insert(std::move(settings)).first;
}

std::shared_ptr<const RecordedEnvironment> RunRecordReader::keep_environment(const json& record) {
  const json& environment = record["environment"];
  auto recorded = std::make_shared<const RecordedEnvironment>(RecordedEnvironment{
      text_at(environment, "cpu"), text_at(environment, "simd"), text_at(environment, "normlab"),
      text_at(environment, "onednn"), text_at(environment, "compiler"), number_at(environment, "threads")});
  return *environments_.insert(std::move(recorded)).first;
}

}  // namespace normlab
