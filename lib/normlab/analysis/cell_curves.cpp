#include "normlab/analysis/cell_curves.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "normlab/analysis/statistics.h"
#include "normlab/core/error.h"
#include "normlab/core/json.h"
#include "normlab/core/text.h"
#include "normlab/records/fields.h"
#include "normlab/records/metrics.h"
#include "normlab/records/record_check.h"
#include "normlab/records/vocabulary.h"

namespace normlab {
namespace {

using nlohmann::json;

constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

double value_or_none(const json& object, std::string_view path) {
  return number_at(object, path).value_or(no_value);
}

const json& evaluations_of(const json& record) {
  static const json none = json::array();
  const json* list = value_at(record, "evaluations");
  return list == nullptr ? none : *list;
}

struct CurvePart {
  const char *path, *before, *after;  // before and after the metric's name, in words
};
constexpr std::array<CurvePart, 4> curve_parts = {
    {{"validation", "validation ", ""},
     {"train", "training ", ""},
     {"modes.training", "validation ", ", computed as in training"},
     {"modes.evaluation", "validation ", ", computed as in a test, of the same batches"}}};

// What the record's evaluations have: the metrics of each part, the reported one first, and the gradient's
// norm.
void add_quantities(std::vector<CurveQuantity>& quantities, const json& record) {
  const json& evaluations = evaluations_of(record);
  if (evaluations.empty()) return;
  std::vector<Metric> metrics = metrics_of(record, keys_of(value_at(evaluations.back(), "validation")));
  std::reverse(metrics.begin(), metrics.end());
  const auto add = [&](CurveQuantity quantity) {
    const auto same = [&](const CurveQuantity& other) { return other.path == quantity.path; };
    if (std::none_of(quantities.begin(), quantities.end(), same)) quantities.push_back(std::move(quantity));
  };
  for (const CurvePart& part : curve_parts) {
    if (value_at(evaluations.back(), part.path) == nullptr) continue;
    for (const Metric& metric : metrics) {
      add({fmt::format("{}.{}", part.path, metric.name),
           fmt::format("{}{}{}", part.before, with_blanks(metric.name), part.after), metric.unit,
           metric.better});
    }
  }
  add({"gradient_norm", "norm of the gradient", ""});
}

RunCurve make_run_curve(const json& record, const std::vector<CurveQuantity>& quantities) {
  const json& evaluations = evaluations_of(record);
  RunCurve curve{.id = text_at(record, "id"),
                 .status = text_at(record, "status"),
                 .seed = record["config"].value("seed", std::uint64_t{0})};
  curve.values.resize(quantities.size());
  for (const json& evaluation : evaluations) {
    curve.steps.push_back(value_or_none(evaluation, "step"));
    curve.epochs.push_back(value_or_none(evaluation, "epoch"));
    for (std::size_t i = 0; i < quantities.size(); ++i)
      curve.values[i].push_back(value_or_none(evaluation, quantities[i].path));
  }
  const auto p10 = number_at(record, "step_seconds.p10"), median = number_at(record, "step_seconds.median"),
             p90 = number_at(record, "step_seconds.p90");
  if (p10 && median && p90) curve.step_time = RunCurve::StepTime{*p10, *median, *p90};
  return curve;
}

// Takes those that are numbers.
struct MiddleAndRange {
  double low = no_value, middle = no_value, high = no_value;
};

MiddleAndRange middle_and_range(std::vector<double> values) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  if (values.empty()) return {};
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return {*low, median(values), *high};
}

// Reports leave out runs that failed, were interrupted or are undefined, and so do bands.
bool is_counted(const RunCurve& run) {
  if (run.status == status::diverged) return true;
  const bool ended =
      run.status != status::failed && run.status != status::interrupted && run.status != status::undefined;
  return ended && !run.steps.empty();
}

bool is_evaluated_at(const RunCurve& run, std::size_t evaluation, double step) {
  return evaluation < run.steps.size() && run.steps[evaluation] == step;
}

bool has_stopped_before(const RunCurve& run, double step) {
  return run.steps.empty() || run.steps.back() < step;
}

// What the run counts as there; not-a-number where it was evaluated at other steps than the others.
double value_in_band(const RunCurve& run, std::size_t quantity, std::size_t evaluation, double step,
                     double worst) {
  const std::vector<double>& values = run.values[quantity];
  const bool is_there = is_evaluated_at(run, evaluation, step), diverged = run.status == status::diverged;
  if (!is_there && !has_stopped_before(run, step)) return no_value;
  if (!is_there && diverged) return worst;
  const double value = is_there ? values[evaluation] : values.back();
  return diverged && std::isnan(value) ? worst : value;
}

// Medians take infinity, and not minus infinity: where higher is better, they are those of the negative
// values.
CurveBand make_band(const CellCurves& cell, std::size_t quantity, std::optional<Better> better) {
  const double sign = better == Better::higher ? -1 : 1;
  const double worst = sign * std::numeric_limits<double>::infinity();
  CurveBand band;
  for (std::size_t i = 0; i < cell.steps.size(); ++i) {
    std::vector<double> values;
    values.reserve(cell.runs.size());
    for (const RunCurve& run : cell.runs) {
      if (is_counted(run)) values.push_back(sign * value_in_band(run, quantity, i, cell.steps[i], worst));
    }
    const MiddleAndRange found = middle_and_range(std::move(values));
    band.low.push_back(sign > 0 ? found.low : -found.high);
    band.median.push_back(sign * found.middle);
    band.high.push_back(sign > 0 ? found.high : -found.low);
  }
  return band;
}

void add_layer_list(const json& at, std::vector<const json*>& lists) {
  const json* layers = value_at(at, "layers");
  if (layers != nullptr && layers->is_array() && !layers->empty()) lists.push_back(layers);
}

// The layer lists of an evaluation in all records that have it at this step.
std::vector<const json*> layer_lists(const std::vector<json>& records, std::size_t evaluation, double step) {
  std::vector<const json*> lists;
  for (const json& record : records) {
    const json& evaluations = evaluations_of(record);
    if (evaluation >= evaluations.size() || value_or_none(evaluations[evaluation], "step") != step) continue;
    add_layer_list(evaluations[evaluation], lists);
  }
  return lists;
}

// Those of before the first step.
std::vector<const json*> initial_layer_lists(const std::vector<json>& records) {
  std::vector<const json*> lists;
  for (const json& record : records) {
    if (const json* initial = value_at(record, "initial")) add_layer_list(*initial, lists);
  }
  return lists;
}

double middle_of(const std::vector<const json*>& lists, std::size_t layer, std::string_view path) {
  std::vector<double> values;
  values.reserve(lists.size());
  for (const json* list : lists)
    values.push_back(layer < list->size() ? value_or_none((*list)[layer], path) : no_value);
  return middle_and_range(std::move(values)).middle;
}

// The number at `path`[place] of the layer's entry.
double listed_value(const json& layer, std::string_view path, std::size_t place) {
  const json* list = value_at(layer, path);
  if (list == nullptr || !list->is_array() || place >= list->size() || !(*list)[place].is_number())
    return no_value;
  return (*list)[place].get<double>();
}

double middle_at_time(const std::vector<const json*>& lists, std::size_t layer, std::size_t point) {
  std::vector<double> values;
  values.reserve(lists.size());
  for (const json* list : lists) {
    values.push_back(layer < list->size() ? listed_value((*list)[layer], "time_gradient_norm.norm", point)
                                          : no_value);
  }
  return middle_and_range(std::move(values)).middle;
}

// Layers, and the time steps of those that are recurrent, as this list of a record has them.
void name_layers(LayerCurves& curves, const json& layers) {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    curves.names.push_back(text_at(layers[i], "name"));
    const json* steps = value_at(layers[i], "time_gradient_norm.step");
    if (steps == nullptr || !steps->is_array()) continue;
    TimeStepCurves& curve = curves.over_time.emplace_back();
    curve.layer = i;
    for (std::size_t point = 0; point < steps->size(); ++point)
      curve.time_steps.push_back(listed_value(layers[i], "time_gradient_norm.step", point));
    curve.values.resize(steps->size());
  }
  for (auto& statistic : curves.values) statistic.resize(curves.names.size());
}

struct CurvePosition {
  double step, epoch;
};

void add_layer_column(LayerCurves& curves, const std::vector<const json*>& lists, CurvePosition at) {
  if (lists.empty()) return;
  if (curves.names.empty()) name_layers(curves, *lists.front());
  curves.steps.push_back(at.step);
  curves.epochs.push_back(at.epoch);
  for (std::size_t which = 0; which < layer_statistic_paths.size(); ++which) {
    for (std::size_t layer = 0; layer < curves.names.size(); ++layer)
      curves.values[which][layer].push_back(middle_of(lists, layer, layer_statistic_paths[which]));
  }
  for (TimeStepCurves& curve : curves.over_time) {
    for (std::size_t point = 0; point < curve.time_steps.size(); ++point)
      curve.values[point].push_back(middle_at_time(lists, curve.layer, point));
  }
}

std::optional<LayerCurves> make_layer_curves(const std::vector<json>& records, const CellCurves& cell) {
  LayerCurves curves;
  curves.values.resize(layer_statistic_paths.size());
  add_layer_column(curves, initial_layer_lists(records), {0, 0});
  for (std::size_t i = 0; i < cell.steps.size(); ++i)
    add_layer_column(curves, layer_lists(records, i, cell.steps[i]), {cell.steps[i], cell.epochs[i]});
  return curves.names.empty() ? std::nullopt : std::optional(std::move(curves));
}

void add_searches(SweepCurves& curves, const std::vector<std::filesystem::path>& folders) {
  for (const std::filesystem::path& folder : folders) {
    try {
      if (auto trials = read_search_trials(folder)) curves.searches.push_back(std::move(*trials));
    } catch (const RequestError& error) {
      curves.warnings.push_back(
          fmt::format("tuned.json was passed over: {}", without_full_stop(error.what())));
    }
  }
}

}  // namespace

CellCurves make_cell_curves(const std::vector<json>& records, const std::vector<CurveQuantity>& quantities) {
  CellCurves cell;
  cell.runs.reserve(records.size());
  for (const json& record : records) cell.runs.push_back(make_run_curve(record, quantities));
  for (const RunCurve& run : cell.runs) {
    if (run.steps.size() <= cell.steps.size()) continue;
    cell.steps = run.steps;
    cell.epochs = run.epochs;
  }
  cell.counted = std::ranges::count_if(cell.runs, is_counted);
  for (std::size_t i = 0; i < cell.steps.size(); ++i) {
    cell.training.push_back(std::ranges::count_if(cell.runs, [&](const RunCurve& run) {
      const bool diverged = run.status == status::diverged && has_stopped_before(run, cell.steps[i]);
      return is_counted(run) && (diverged || is_evaluated_at(run, i, cell.steps[i]));
    }));
  }
  cell.bands.reserve(quantities.size());
  for (std::size_t i = 0; i < quantities.size(); ++i)
    cell.bands.push_back(make_band(cell, i, quantities[i].better));
  cell.layers = make_layer_curves(records, cell);
  return cell;
}

SweepCurves read_curves(const std::vector<SeedGroup>& groups, const SweepRecords& sweep,
                        const std::vector<std::filesystem::path>& folders) {
  SweepCurves curves;
  curves.spec = sweep.spec;
  for (const std::filesystem::path& folder : folders) curves.folders.push_back(folder.string());
  add_searches(curves, folders);
  const std::vector<RestrictedTimes> restricted = restricted_times(groups, sweep.target);
  curves.cells.reserve(groups.size());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    std::vector<json> records;
    records.reserve(groups[i].runs.size());
    for (const RunRecord* run : groups[i].runs) {
      records.push_back(load_record(run->file));
      add_quantities(curves.quantities, records.back());
    }
    curves.cells.push_back(make_cell_curves(records, curves.quantities));
    CellCurves& cell = curves.cells.back();
    cell.restricted = restricted[i];
    for (std::size_t run = 0; run < cell.runs.size(); ++run) {
      const std::optional<RunEvent>& event = groups[i].runs[run]->event;
      if (event && event->reached) cell.runs[run].reached_step = event->at.steps;
    }
  }
  return curves;
}

}  // namespace normlab
