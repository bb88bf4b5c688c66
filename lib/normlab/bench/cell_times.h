// How long a training step takes in every cell of an experiment, measured apart from its runs.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/experiment/spec/sweep_spec.h"
#include "normlab/records/times.h"

namespace normlab::bench {

// Runs that take steps of one duration (cell_of_config), by the first of them.
struct Cell {
  std::string name;  // cell_of_config()
  const SweepRun* run = nullptr;
};

// The cells of all runs that have a meaning, in the order of the runs, whose objects they point to.
std::vector<Cell> cells_of(const std::vector<SweepRun>& runs);

// The fewest rounds give an interval at 95 % with room for a disturbed round or three at either end; the
// most are those of median_interval().
inline constexpr Index fewest_rounds = 15, most_rounds = 1000;

struct CellEffort {
  Index rounds = fewest_rounds;
  std::uint64_t order_seed = 1;
  double warm_up_seconds = 0.02;  // of steps that do not count, at the beginning of each turn
  double turn_seconds = 0.05;     // of steps that do
};

// The order of the cells in a round: a function of (seed, round) alone.
std::vector<std::size_t> turn_order(std::size_t cells, std::uint64_t seed, Index round);

// Rounds in which each cell has a turn, in random order: its network is built anew, from its run's seed,
// takes steps until they are warm, and then the steps that count; the median of these is the cell's time in
// the round. A new network for each turn lies elsewhere in memory, as those of different runs do. Kept ones
// would have one accident of placement in all rounds, where no interval sees it; and one network at a time
// fits wherever one run does.
//
// Measures on cores that it leases and pins itself to, for which it waits. `tell` is told what comes.
// Throws what load_run_data() throws.
StepTimesRecord measure_cells(const std::string& experiment, const std::vector<Cell>& cells,
                              const CellEffort& effort, const std::function<void(std::string_view)>& tell);

}  // namespace normlab::bench
