// What the cells of a sweep need: data that fits, memory, time for evaluations.
#pragma once

#include <string>
#include <vector>

#include "normlab/experiment/sweep_spec.h"

namespace normlab {

// Nothing where the cell is undefined.
struct CellNeeds {
  double memory = 0;      // bytes of its network
  double evaluation = 0;  // evaluation_share()
  std::string checksum;   // of its data: DataSize::checksum
};

struct SweepNeeds {
  std::vector<CellNeeds> cells;       // in the order of the cells
  std::vector<std::string> warnings;  // each once
};

// Checks every cell that is to run against its data and the memory that there is for `jobs` of them side by
// side, reading each data set once: RequestError before any work starts.
SweepNeeds check_cells_against_data(const std::vector<SweepCell>& cells, int jobs);

}  // namespace normlab
