// What the page draws of each group of runs, beside its row in the report: learning curves, mean times to the
// target that compare, step times, and what was tracked of the layers.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "normlab/analysis/search_trials.h"
#include "normlab/analysis/seed_groups.h"
#include "normlab/analysis/statistics.h"
#include "normlab/analysis/time_to_target.h"
#include "normlab/statistics/censored.h"
#include "normlab/tasks/metric.h"

namespace normlab {

// A number of each evaluation, by its dotted path there ("validation.error").
struct CurveQuantity {
  std::string path, label, unit;
  std::optional<Better> better = {};  // of a metric
};

// Of one run; a value that an evaluation does not have is not-a-number.
struct RunCurve {
  std::string id, status;
  std::uint64_t seed = 0;
  std::vector<double> steps, epochs;        // of each evaluation
  std::vector<std::vector<double>> values;  // [quantity][evaluation], of the quantities known by then
  struct StepTime {
    double p10, median, p90;  // seconds
  };
  std::optional<StepTime> step_time = {};
  std::optional<double> reached_step = {};  // of the evaluation at which it reached the target
};

// Over the runs of a group that ended, at the steps of CellCurves. A run that stopped before counts with its
// last value; one that diverged as worse than any from there on: as infinite, of a metric for which higher is
// better as minus infinity. Not-a-number where none has the value.
struct CurveBand {
  std::vector<double> low, median, high;  // [evaluation]; the range and the median
};

// Norms of the gradient by the hidden states of a recurrent layer.
struct TimeStepCurves {
  std::size_t layer;                        // its place in LayerCurves::names
  std::vector<double> time_steps;           // counted from 0
  std::vector<std::vector<double>> values;  // [time step][evaluation]
};

// Statistics of layers at each evaluation, and before the first step where that is known, medians over the
// runs that tracked them.
struct LayerCurves {
  std::vector<std::string> names;
  std::vector<double> steps, epochs;
  // [statistic][layer][evaluation]
  std::vector<std::vector<std::vector<double>>> values;
  std::vector<TimeStepCurves> over_time;
};

// Paths in a layer's entry (docs/results-format.md), in the order of LayerCurves::values.
inline constexpr std::array layer_statistic_paths = {"gradient_norm",   "parameter_gradient_norm",
                                                     "weight_norm",     "activation.deviation",
                                                     "activation.mean", "activation.zero_fraction"};

// The mean time to the target up to a horizon: the earliest point at which a run is censored among all groups
// that share model, batch size, data, target and every setting that is no number. These compare, whatever
// their norms are.
struct RestrictedTime {
  double horizon;
  RestrictedMean mean;
};

// As restricted times are counted.
inline constexpr std::array drawn_measures = {Measure::steps, Measure::epochs};
using RestrictedTimes = std::array<std::optional<RestrictedTime>, drawn_measures.size()>;

struct CellCurves {
  std::vector<double> steps, epochs;  // of the run with most evaluations
  Index counted = 0;                  // runs that bands are of: ended, and evaluated or diverged
  std::vector<Index> training;        // how many of these had not stopped: were evaluated there, or diverged
  std::vector<RunCurve> runs;         // by seed
  std::vector<CurveBand> bands;       // one for each quantity that the runs know, at these steps
  RestrictedTimes restricted = {};    // nothing where no run that ended has a target
  std::optional<LayerCurves> layers = {};
};

struct SweepCurves {
  std::vector<CurveQuantity> quantities;  // the metric that reports comes first
  std::vector<CellCurves> cells;          // one for each group
  nlohmann::json spec;                    // SweepRecords::spec
  std::vector<std::string> folders;       // as they were named
  std::vector<SearchTrials> searches;     // of each folder that has a tuned.json
  std::vector<std::string> warnings;      // a sentence for each tuned.json that was passed over
};

// Reads the records of the groups' runs once more. `folders` are those that they are in. Throws what
// load_record() throws when one has gone or changed for the worse.
SweepCurves read_curves(const std::vector<SeedGroup>& groups, const SweepRecords& sweep,
                        const std::vector<std::filesystem::path>& folders);

// Those of one group, from its whole records, in the order of the group's runs; without restricted and
// reached_step.
CellCurves make_cell_curves(const std::vector<nlohmann::json>& records,
                            const std::vector<CurveQuantity>& quantities);

// One for each group. `target` is SweepRecords::target.
std::vector<RestrictedTimes> restricted_times(const std::vector<SeedGroup>& groups,
                                              const std::string& target);

}  // namespace normlab
