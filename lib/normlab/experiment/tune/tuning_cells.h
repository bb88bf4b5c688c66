// Which runs of a sweep share one choice of what is searched for.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "normlab/experiment/spec/sweep_spec.h"

namespace normlab {

struct TuningCell {
  // What tells its runs from those of other cells, as an override's conditions.
  std::vector<std::pair<std::string, Json>> when;
  std::vector<std::size_t> runs;  // places among those of the spec
  std::string name;               // "mlp layer, batch size 32": for messages
};

// The runs that are alike in every setting of tune.per; undefined ones are in none. RequestError naming
// tune.per for a setting that a run does not have, or that an override sets.
std::vector<TuningCell> tuning_cells(const SweepSpec& spec, const std::vector<SweepRun>& runs);

}  // namespace normlab
