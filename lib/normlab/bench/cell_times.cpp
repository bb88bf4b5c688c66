#include "normlab/bench/cell_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "normlab/bench/network_step.h"
#include "normlab/core/parallel.h"
#include "normlab/core/process.h"
#include "normlab/experiment/config/config_json.h"
#include "normlab/records/run_id.h"
#include "normlab/train/data_source.h"

namespace normlab::bench {
namespace {

// What a turn of a cell found.
struct Turn {
  std::vector<double> step_seconds;
  double wall = 0, cpu = 0;  // of these steps
  bool exploded = false;
};

// Steps until at least so many have passed, and so many seconds.
Turn take_steps(NetworkStep& step, std::size_t least, double seconds) {
  Turn turn;
  const double cpu = thread_cpu_seconds();
  while (!turn.exploded && (turn.step_seconds.size() < least || turn.wall < seconds)) {
    const double begin = monotonic_seconds();
    turn.exploded = !step();
    turn.step_seconds.push_back(monotonic_seconds() - begin);
    turn.wall += turn.step_seconds.back();
  }
  turn.cpu = thread_cpu_seconds() - cpu;
  return turn;
}

Turn take_turn(const RunConfig& config, const RunData& data, const CellEffort& effort) {
  constexpr std::size_t least_warm_up = 3, least_steps = 5;
  set_thread_count(config.threads);
  flush_subnormals();
  NetworkStep step(config, data);
  Turn turn = take_steps(step, least_warm_up, effort.warm_up_seconds);
  return turn.exploded ? turn : take_steps(step, least_steps, effort.turn_seconds);
}

// The data of each cell. Cells of one data set load it together, so that it is in memory once.
std::vector<RunData> load_cells(const std::vector<Cell>& cells) {
  std::vector<RunData> data(cells.size());
  std::vector<bool> loaded(cells.size());
  for (std::size_t first = 0; first < cells.size(); ++first) {
    for (std::size_t i = first; i < cells.size(); ++i) {
      const RunConfig& config = cells[i].run->config;
      if (loaded[i] || !(config.dataset == cells[first].run->config.dataset)) continue;
      data[i] = load_run_data(config);
      loaded[i] = true;
    }
  }
  return data;
}

int most_threads(const std::vector<Cell>& cells) {
  int threads = 1;
  for (const Cell& cell : cells) threads = std::max(threads, cell.run->config.threads);
  return threads;
}

class CellRounds {
 public:
  CellRounds(const std::vector<Cell>& cells, const CellEffort& effort)
      : cells_(cells), effort_(effort), data_(load_cells(cells)), times_(cells.size()) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      times_[i].cell = cells[i].name;
      times_[i].settings = timed_settings(to_json(cells[i].run->config));
    }
  }

  // Returns the fraction of the core that others had.
  double measure(Index number) {
    double wall = 0, cpu = 0;
    turns_.assign(cells_.size(), {});
    for (const std::size_t i : turn_order(cells_.size(), effort_.order_seed, number)) {
      CellTimes& cell = times_[i];
      if (!cell.reason.empty()) continue;
      Turn& turn = turns_[i] = take_turn(cells_[i].run->config, data_[i], effort_);
      if (turn.exploded) {
        cell = {cell.cell, cell.settings, {}, 0, "its loss explodes at the first steps"};
        continue;
      }
      wall += turn.wall;
      cpu += turn.cpu;
    }
    return wall > 0 ? std::clamp(1 - cpu / wall, 0.0, 1.0) : 0;
  }

  void keep() {
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      CellTimes& cell = times_[i];
      if (!cell.reason.empty()) continue;
      cell.steps += static_cast<Index>(turns_[i].step_seconds.size());
      cell.round_seconds.push_back(middle_of(turns_[i].step_seconds));
    }
  }

  std::vector<CellTimes> take() { return std::move(times_); }

 private:
  const std::vector<Cell>& cells_;
  const CellEffort& effort_;
  std::vector<RunData> data_;
  std::vector<CellTimes> times_;
  std::vector<Turn> turns_;  // of the last round
};

}  // namespace

std::vector<Cell> cells_of(const std::vector<SweepRun>& runs) {
  std::vector<Cell> cells;
  std::set<std::string> known;
  for (const SweepRun& run : runs) {
    if (run.undefined) continue;
    Cell cell{cell_of_config(to_json(run.config)), &run};
    if (known.insert(cell.name).second) cells.push_back(std::move(cell));
  }
  return cells;
}

StepTimesRecord measure_cells(const std::string& experiment, const std::vector<Cell>& cells,
                              const CellEffort& effort, const std::function<void(std::string_view)>& tell) {
  CellRounds rounds(cells, effort);
  const Round round{.measure = [&](Index number) { return rounds.measure(number); },
                    .keep = [&] { rounds.keep(); }};
  StepTimesRecord record = measure_rounds({.what = experiment,
                                           .times = fmt::format("{} step times", cells.size()),
                                           .threads = most_threads(cells)},
                                          effort, tell, round);
  record.cells = rounds.take();
  return record;
}

}  // namespace normlab::bench
