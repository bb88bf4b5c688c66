#include "normlab/experiment/sweep/dry_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <unordered_set>

#include "normlab/core/process.h"
#include "normlab/core/text.h"
#include "normlab/experiment/config/config_json.h"
#include "normlab/experiment/spec/run_labels.h"
#include "normlab/train/trainer.h"

namespace normlab {
namespace {

// The first run of each model and batch size, then the first of each kind of run that is left.
std::vector<const SweepRun*> calibration_order(const std::vector<SweepRun>& runs) {
  std::unordered_set<std::string> models, kinds;
  std::vector<const SweepRun*> first, rest;
  for (const SweepRun& run : runs) {
    if (run.undefined) continue;
    RunConfig config = run.config;
    config.seed = 0;
    const Json json = to_json(config);
    if (!kinds.insert(json.dump()).second) continue;
    const bool new_model = models.insert(json["model"].dump() + json["batch_size"].dump()).second;
    (new_model ? first : rest).push_back(&run);
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
  config.budget = {.epochs = 0, .steps = never};
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

// The places of these settings in a header, which gets those that it does not have.
std::vector<std::size_t> places_of(const std::vector<std::string>& paths, std::vector<std::string>& header) {
  std::vector<std::size_t> places;
  places.reserve(paths.size());
  for (const std::string& path : paths) {
    const std::string name = path == "optimizer.learning_rate" ? "learning rate" : path;
    const auto found = std::find(header.begin(), header.end(), name);
    places.push_back(static_cast<std::size_t>(found - header.begin()));
    if (found == header.end()) header.push_back(name);
  }
  return places;
}

}  // namespace

std::string run_table(const std::vector<SweepRun>& runs, const std::vector<std::string>& tuned) {
  const RunLabels labels(runs);
  std::vector<std::vector<std::string>> rows = {labels.header()};
  const std::vector<std::size_t> places = places_of(tuned, rows[0]);
  rows[0].insert(rows[0].begin(), "id");
  for (const SweepRun& run : runs) {
    rows.push_back(labels.settings(run));
    rows.back().resize(rows[0].size() - 1);
    for (const std::size_t place : places) rows.back()[place] = "tuned";
    rows.back().insert(rows.back().begin(), places.empty() ? run.id : "as tuned");
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
    if (r > 0 && runs[r - 1].undefined) line += "undefined: " + *runs[r - 1].undefined;
    line.erase(line.find_last_not_of(' ') + 1);
    table += line + "\n";
  }
  return table;
}

int calibrate(const std::vector<SweepRun>& runs, double seconds, TimeEstimate& estimate) {
  const double begin = monotonic_seconds();
  int tried = 0;
  for (const SweepRun* run : calibration_order(runs)) {
    if (tried > 0 && monotonic_seconds() - begin >= seconds) break;
    estimate.observe(*run, measure_pace(run->config));
    ++tried;
  }
  return tried;
}

double estimated_seconds(const std::vector<SweepRun>& runs, const std::vector<RunNeeds>& needs,
                         const TimeEstimate& estimate, int jobs) {
  double total = 0, longest = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const double training = runs[i].undefined ? 0 : estimate.seconds(runs[i]).value_or(0);
    const double seconds = training * (1 + needs[i].evaluation);
    total += seconds;
    longest = std::max(longest, seconds);
  }
  return seconds_side_by_side(total, longest, jobs);
}

}  // namespace normlab
