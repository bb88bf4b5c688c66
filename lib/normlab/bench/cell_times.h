// How long a training step takes in every cell of an experiment, measured apart from its runs.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/bench/timed_rounds.h"
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
