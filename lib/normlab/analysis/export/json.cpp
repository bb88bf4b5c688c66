// The schema summary_schema (docs/results-format.md).
#include <cmath>
#include <utility>

#include "normlab/analysis/export/format.h"
#include "normlab/analysis/export/quantities.h"
#include "normlab/core/json.h"
#include "normlab/records/vocabulary.h"

namespace normlab {
namespace {

Json json_number(double value) {
  return std::isinf(value) ? Json() : Json(value);
}

Json json_spread(const std::optional<Spread>& spread) {
  if (!spread) {
    return {{"median", nullptr}, {"minimum", nullptr}, {"maximum", nullptr},
            {"runs", 0},         {"not_reached", 0},   {"median_status", "not_measured"}};
  }
  return {{"median", json_number(spread->median)},
          {"minimum", json_number(spread->minimum)},
          {"maximum", json_number(spread->maximum)},
          {"runs", spread->count},
          {"not_reached", spread->missed},
          {"median_status", std::isinf(spread->median) ? "not_reached" : "measured"}};
}

Json json_curve(const TargetCurve& target) {
  Json json = {{"runs", target.curve.observations}, {"never", target.never}, {"censored", target.censored}};
  json["curve"] = Json::array();
  for (const SurvivalStep& step : target.curve.steps) {
    json["curve"].push_back({{"time", step.time},
                             {"at_risk", step.at_risk},
                             {"events", step.events},
                             {"survival", step.survival},
                             {"variance", step.variance}});
  }
  return json;
}

// Of steps that were timed apart.
void add_times_json(Json& json, const std::optional<GroupTimes>& times) {
  json["step_seconds"] = nullptr;
  json["seconds"] = nullptr;
  if (!times) return;
  const MedianInterval& step = times->step;
  json["step_seconds"] = {
      {"median", step.median}, {"low", step.lower}, {"high", step.upper}, {"rounds", step.count}};
  if (!times->seconds) return;
  const TimedMean& seconds = *times->seconds;
  const bool has_interval = seconds.lower < seconds.upper;
  json["seconds"] = {{"mean", seconds.mean},
                     {"low", has_interval ? Json(seconds.lower) : Json()},
                     {"high", has_interval ? Json(seconds.upper) : Json()},
                     {"censored", seconds.censored},
                     {"horizon", seconds.horizon}};
}

Json json_row(const Report& report, const ReportRow& row) {
  Json json = {{"model", row.model}, {"norm", row.norm}, {"batch_size", row.batch_size}};
  json["settings"] = Json::object();
  for (std::size_t i = 0; i < report.columns.size(); ++i)
    json["settings"][report.columns[i]] = row.settings[i];
  json["dataset"] = row.dataset;
  json["target"] = row.target.empty() ? Json() : Json(row.target);
  json["counted_to"] = extent_name(row.extent);
  json["seeds"] = row.seeds;
  for (const NamedCount& count : named_counts) json[std::string(count.name)] = row.*(count.count);
  for (const NamedSpread& named : named_spreads)
    json[std::string(named.name)] = json_spread(row.*(named.spread));
  json["test_compares"] = row.test_compares;
  json["survival"] = Json();
  for (std::size_t i = 0; i < row.curves.size(); ++i)
    json["survival"][measure_names()[i]] = json_curve(row.curves[i]);
  if (!report.step_times.empty()) add_times_json(json, row.times);
  json["test_metric"] = row.test_metric.empty() ? Json() : Json(row.test_metric);
  json["reasons"] = row.reasons;
  json["time_warnings"] = row.time_warnings;
  return json;
}

Json json_choice(const BestChoice& choice) {
  return {{"candidates", choice.candidates},
          {"edge", choice.edge == Edge::none ? Json() : Json(edge_name(choice.edge))}};
}

Json json_side(const Report& report, const ContrastSide& side) {
  Json json = {{"value", side.value},           {"runs", side.runs},
               {"reached", side.reached},       {"rate_lower", side.rate.lower},
               {"rate_upper", side.rate.upper}, {"restricted_mean", side.mean}};
  for (std::size_t i = 0; i < side.chosen.size(); ++i)
    json["chosen"][report.contrasted.chosen[i]] = side.chosen[i];
  return json;
}

Json json_contrast(const Report& report, const Contrast& contrast) {
  Json json = Json::object();
  if (!contrast.model.empty()) json["model"] = contrast.model;
  if (!contrast.norm.empty()) json["norm"] = contrast.norm;
  if (contrast.batch_size > 0) json["batch_size"] = contrast.batch_size;
  json["settings"] = Json::object();
  for (std::size_t i = 0; i < report.columns.size(); ++i)
    json["settings"][report.columns[i]] = contrast.settings[i];
  json["first"] = json_side(report, contrast.first);
  json["second"] = json_side(report, contrast.second);
  json["horizon"] = contrast.horizon;
  json["paired"] = contrast.pairing == Pairing::paired;
  if (!contrast.ratio) {
    json["reason"] = contrast.reason;
    return json;
  }
  json["ratio"] = {{"estimate", contrast.ratio->ratio},
                   {"lower", contrast.ratio->lower},
                   {"upper", contrast.ratio->upper},
                   {"log_standard_error", contrast.ratio->standard_error},
                   {"degenerate", contrast.ratio->degenerate}};
  json["superiority"] = contrast.superiority;
  json["p"] = contrast.test->p;
  json["adjusted_p"] = contrast.adjusted_p;
  json["smallest_p"] = contrast.test->smallest_p;
  json["exact"] = contrast.test->exact;
  json["seeds_wanted"] = contrast.more_seeds ? Json(*contrast.more_seeds) : Json();
  return json;
}

Json json_contrasts(const Report& report) {
  Json json = {{"setting", report.contrasted.setting},
               {"reference", report.contrasted.reference},
               {"measure", measure_name(report.contrasted.measure)}};
  json["contrasts"] = Json::array();
  for (const Contrast& contrast : report.contrasts)
    json["contrasts"].push_back(json_contrast(report, contrast));
  for (const Sensitivity& one : report.sensitivity) {
    Json varied = {{"threshold", one.target.threshold}, {"for", one.target.hold}};
    for (const Contrast& contrast : one.contrasts)
      varied["contrasts"].push_back(json_contrast(report, contrast));
    json["thresholds"].push_back(std::move(varied));
  }
  return json;
}

}  // namespace

Json summary_json(const Report& report) {
  Json json = {{"schema", summary_schema},          {"name", report.name},
               {"description", report.description}, {"models", report.models},
               {"model_sizes", report.model_sizes}, {"datasets", report.datasets},
               {"targets", report.targets},         {"seeds", report.seeds},
               {"machines", report.machines},       {"versions", report.versions}};
  if (!report.folders.empty()) {
    for (const PooledFolder& folder : report.folders)
      json["folders"].push_back({{"folder", folder.name}, {"runs", folder.runs}});
    json["repeated"] = report.repeated;
  }
  json["settings_by_model"] = Json::object();
  for (const auto& [setting, values] : report.by_model) json["settings_by_model"][setting] = values;
  if (!report.chosen.empty()) json["best"] = report.chosen;
  if (!report.step_times.empty()) json["step_times"] = report.step_times;
  json["warnings"] = report.warnings;
  json["explanation"] =
      "A median, minimum or maximum of null is not a number: with median_status \"not_reached\" half of the "
      "runs or more missed the target and count as infinite; with \"not_measured\" no run of the row ended "
      "with a result. The test is left out where test_compares is false: the norms were tested at different "
      "steps.";
  json["rows"] = Json::array();
  for (std::size_t i = 0; i < report.rows.size(); ++i) {
    json["rows"].push_back(json_row(report, report.rows[i]));
    if (!report.chosen.empty()) json["rows"].back()["best_of"] = json_choice(report.choices[i]);
  }
  if (!report.contrasts.empty()) json["pair"] = json_contrasts(report);
  return json;
}

std::string render_json(const Report& report) {
  const int indentation = 2;
  return summary_json(report).dump(indentation, ' ', false, Json::error_handler_t::replace) +
         "\n";  // a folder's name is any bytes
}

}  // namespace normlab
