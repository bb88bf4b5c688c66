#include "normlab/experiment/dry_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <unordered_set>

#include "normlab/core/process.h"
#include "normlab/core/text.h"
#include "normlab/experiment/cell_labels.h"
#include "normlab/experiment/config_json.h"
#include "normlab/train/trainer.h"

namespace normlab {
namespace {

// The first cell of each model and batch size, then the first of each kind of run that is left.
std::vector<const SweepCell*> calibration_order(const std::vector<SweepCell>& cells) {
  std::unordered_set<std::string> models, kinds;
  std::vector<const SweepCell*> first, rest;
  for (const SweepCell& cell : cells) {
    if (cell.undefined) continue;
    RunConfig config = cell.config;
    config.seed = 0;
    const Json json = to_json(config);
    if (!kinds.insert(json.dump()).second) continue;
    const bool new_model = models.insert(json["model"].dump() + json["batch_size"].dump()).second;
    (new_model ? first : rest).push_back(&cell);
  }
  first.insert(first.end(), rest.begin(), rest.end());
  return first;
}

// Of a run like `config`, from its first steps.
Pace measure_pace(RunConfig config) {
  constexpr Index fewest_steps = 5, most_steps = 40;
  constexpr double enough_seconds = 0.2;
  constexpr auto never = std::numeric_limits<Index>::max() / 2;
  config.target.reset();
  config.budget = {.epochs = 0, .steps = never, .seconds = 0};
  config.evaluate_every = {.epochs = 0, .steps = never};
  std::atomic<bool> stop = false;
  Pace pace;
  RunOptions options;
  options.stop = &stop;
  options.on_step = [&](const TrainingPosition& position) {
    pace.steps_per_epoch = static_cast<double>(position.steps_per_epoch);
    stop = position.step >= most_steps ||
           (position.step >= fewest_steps && position.train_seconds >= enough_seconds);
  };
  // The median: the first steps are slower than those that follow.
  pace.seconds_per_step = train(config, options).step_seconds.median;
  return pace;
}

}  // namespace

std::string cell_table(const std::vector<SweepCell>& cells) {
  const CellLabels labels(cells);
  std::vector<std::vector<std::string>> rows = {labels.header()};
  rows[0].insert(rows[0].begin(), "id");
  for (const SweepCell& cell : cells) {
    rows.push_back(labels.settings(cell));
    rows.back().insert(rows.back().begin(), cell.id);
    for (std::string& text : rows.back()) text = printable(text);
  }
  std::vector<std::size_t> widths(rows[0].size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string table;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line;
    for (std::size_t i = 0; i < widths.size(); ++i) line += fmt::format("{:<{}}  ", rows[r][i], widths[i]);
    if (r > 0 && cells[r - 1].undefined) line += "undefined: " + *cells[r - 1].undefined;
    line.erase(line.find_last_not_of(' ') + 1);
    table += line + "\n";
  }
  return table;
}

int calibrate(const std::vector<SweepCell>& cells, double seconds, TimeEstimate& estimate) {
  const double begin = monotonic_seconds();
  int tried = 0;
  for (const SweepCell* cell : calibration_order(cells)) {
    if (tried > 0 && monotonic_seconds() - begin >= seconds) break;
    estimate.observe(*cell, measure_pace(cell->config));
    ++tried;
  }
  return tried;
}

double estimated_seconds(const std::vector<SweepCell>& cells, const std::vector<CellNeeds>& needs,
                         const TimeEstimate& estimate, int jobs) {
  double total = 0, longest = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const double training = cells[i].undefined ? 0 : estimate.seconds(cells[i]).value_or(0);
    const double seconds = training * (1 + needs[i].evaluation);
    total += seconds;
    longest = std::max(longest, seconds);
  }
  return seconds_side_by_side(total, longest, jobs);
}

}  // namespace normlab
