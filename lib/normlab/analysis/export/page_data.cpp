// The page's data. Curves of a group share its evaluations: a run that made them as the group did has but a
// count of them and its values.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

#include "normlab/analysis/export/format.h"
#include "normlab/analysis/export/page.h"

namespace normlab {
namespace {

// As precise as a drawing wants it; null for what is no number.
Json drawn(double value, int digits = 4) {
  if (!std::isfinite(value)) return {};
  if (value == std::floor(value) && std::abs(value) < 1e15) return static_cast<std::int64_t>(value);
  return std::strtod(fmt::format("{:.{}g}", value, digits).c_str(), nullptr);
}

using Kept = std::vector<std::size_t>;  // which evaluations

Json drawn_list(const std::vector<double>& values, const Kept& kept, int digits = 4) {
  Json list = Json::array();
  for (const std::size_t i : kept) {
    if (i < values.size()) list.push_back(drawn(values[i], digits));
  }
  return list;
}

// The last one among them.
Kept kept_of(std::size_t count, std::size_t stride) {
  Kept kept;
  for (std::size_t i = 0; i < count; i += stride) kept.push_back(i);
  if (count > 0 && kept.back() != count - 1) kept.push_back(count - 1);
  return kept;
}

Kept kept_of(const CellCurves& cell, std::size_t stride) {
  const Kept every = kept_of(cell.steps.size(), stride);
  std::set<std::size_t> kept(every.begin(), every.end());
  for (const RunCurve& run : cell.runs) {
    if (!run.steps.empty()) kept.insert(run.steps.size() - 1);
    const auto reached = std::find(run.steps.begin(), run.steps.end(), run.reached_step.value_or(0));
    if (reached != run.steps.end()) kept.insert(static_cast<std::size_t>(reached - run.steps.begin()));
  }
  return {kept.begin(), kept.end()};
}

bool shares_steps(const RunCurve& run, const CellCurves& cell) {
  return std::equal(run.steps.begin(), run.steps.end(), cell.steps.begin());
}

Json run_data(const RunCurve& run, const CellCurves& cell, const Kept& kept) {
  Json data = {{"id", run.id}, {"seed", run.seed}, {"status", run.status}};
  if (run.step_time) {
    data["step_seconds"] =
        Json::array({drawn(run.step_time->p10), drawn(run.step_time->median), drawn(run.step_time->p90)});
  }
  if (run.reached_step) data["reached_step"] = drawn(*run.reached_step, 12);
  if (!shares_steps(run, cell)) {
    data["steps"] = drawn_list(run.steps, kept, 12);
    data["epochs"] = drawn_list(run.epochs, kept, 6);
  }
  data["values"] = Json::array();
  for (const std::vector<double>& values : run.values) data["values"].push_back(drawn_list(values, kept));
  return data;
}

Json band_data(const CurveBand& band, const Kept& kept) {
  return Json::array(
      {drawn_list(band.low, kept), drawn_list(band.median, kept), drawn_list(band.high, kept)});
}

Json restricted_data(const RestrictedTime& time) {
  return {{"horizon", drawn(time.horizon, 6)},
          {"mean", drawn(time.mean.mean, 6)},
          {"standard_error", drawn(time.mean.standard_error)}};
}

// Columns of a heat map, and the last one: more are narrower than can be seen.
constexpr std::size_t most_columns = 60;

Json layers_data(const LayerCurves& layers, std::size_t stride) {
  const std::size_t columns = (layers.steps.size() + most_columns - 1) / most_columns;
  const Kept kept = kept_of(layers.steps.size(), std::max(columns, stride));
  Json data = {{"names", layers.names},
               {"recorded", layers.steps.size()},
               {"steps", drawn_list(layers.steps, kept, 12)},
               {"epochs", drawn_list(layers.epochs, kept, 6)}};
  data["values"] = Json::array();
  for (const auto& statistic : layers.values) {
    Json rows = Json::array();
    for (const std::vector<double>& layer : statistic) rows.push_back(drawn_list(layer, kept, 3));
    data["values"].push_back(std::move(rows));
  }
  data["time_steps"] = Json::array();
  for (const TimeStepCurves& curve : layers.over_time) {
    Json rows = Json::array();
    for (const std::vector<double>& point : curve.values) rows.push_back(drawn_list(point, kept, 3));
    data["time_steps"].push_back(
        {{"name", layers.names[curve.layer]}, {"at", curve.time_steps}, {"values", std::move(rows)}});
  }
  return data;
}

Json cell_data(const CellCurves& cell, std::size_t stride) {
  const Kept kept = kept_of(cell, stride);
  Json data = {{"steps", drawn_list(cell.steps, kept, 12)}, {"epochs", drawn_list(cell.epochs, kept, 6)}};
  data["counted"] = cell.counted;
  for (const char* list : {"training", "runs", "bands"}) data[list] = Json::array();
  for (const std::size_t i : kept) data["training"].push_back(cell.training[i]);
  for (const RunCurve& run : cell.runs) data["runs"].push_back(run_data(run, cell, kept));
  for (const CurveBand& band : cell.bands) data["bands"].push_back(band_data(band, kept));
  data["restricted"] = Json::object();
  for (std::size_t i = 0; i < drawn_measures.size(); ++i) {
    if (cell.restricted[i])
      data["restricted"][measure_name(drawn_measures[i])] = restricted_data(*cell.restricted[i]);
  }
  if (cell.layers) data["layers"] = layers_data(*cell.layers, stride);
  return data;
}

Json trial_data(const SearchTrial& trial) {
  Json data = {{"set", trial.values}, {"cut", trial.cut}, {"runs", trial.runs}, {"compared", Json::array()}};
  for (const TrialAt& at : trial.compared) {
    data["compared"].push_back({{"steps", drawn(at.steps, 12)},
                                {"mean_steps", drawn(at.mean_steps, 6)},
                                {"reached", at.reached},
                                {"best_validation_loss", at.best_loss ? drawn(*at.best_loss) : Json()}});
  }
  return data;
}

Json search_data(const SearchTrials& search) {
  Json data = {{"settings", search.settings}, {"logarithmic", search.logarithmic}, {"cells", Json::array()}};
  for (const SearchCell& cell : search.cells) {
    Json trials = Json::array();
    for (const SearchTrial& trial : cell.trials) trials.push_back(trial_data(trial));
    data["cells"].push_back({{"when", cell.when},
                             {"chosen", cell.chosen},
                             {"widened", cell.widened},
                             {"at_end", cell.at_end},
                             {"trials", std::move(trials)}});
  }
  return data;
}

Json quantity_data(const CurveQuantity& quantity) {
  Json data = {{"path", quantity.path}, {"label", quantity.label}, {"unit", quantity.unit}};
  if (quantity.better) data["better"] = better_name(*quantity.better);
  return data;
}

}  // namespace

Json page_data(const Report& report, std::size_t stride) {
  Json data = {{"summary", summary_json(report)}, {"columns", report.columns}, {"stride", stride}};
  data["asked"] = report.asked;
  for (const char* list : {"quantities", "cells", "tuned"}) data[list] = Json::array();
  data["layer_statistics"] = layer_statistic_paths;
  if (!report.drawn) return data;
  const SweepCurves& curves = *report.drawn;
  data["folders"] = curves.folders;
  data["spec"] = curves.spec;
  for (const CurveQuantity& quantity : curves.quantities)
    data["quantities"].push_back(quantity_data(quantity));
  for (const CellCurves& cell : curves.cells) data["cells"].push_back(cell_data(cell, stride));
  for (const SearchTrials& search : curves.searches) data["tuned"].push_back(search_data(search));
  return data;
}

}  // namespace normlab
