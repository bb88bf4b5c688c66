// Runs that differ in nothing but the seed, put together.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "normlab/analysis/sweep_records.h"
#include "normlab/core/tensor.h"

namespace normlab {

// What tells runs with different seeds apart from runs of different groups. A setting inside a part with a
// name (model, norm, optimizer, …) is compared only between runs in which that part has the same name: that
// group norm has `groups` and layer norm has none is no variation.
struct VaryingSettings {
  std::vector<std::string> columns;   // vary within a model; part of the group
  std::vector<std::string> by_model;  // one value for each model, several over the sweep
};

// Model, norm, batch size and seed are never among them.
VaryingSettings find_varying_settings(const std::vector<RunRecord>& runs);

struct SeedGroup {
  std::string model, norm;
  Index batch_size = 0;
  std::vector<nlohmann::json>
      settings;                        // one for each of VaryingSettings::columns; null where a run has none
  std::vector<const RunRecord*> runs;  // by ascending seed; they belong to the SweepRecords
};

// Models in the order of the sweep's spec, norms in the order of the design's table, batch sizes ascending,
// then the further settings ascending. Names that neither order knows come last, alphabetically.
std::vector<SeedGroup> group_by_seed(const SweepRecords& sweep, const VaryingSettings& varying);

}  // namespace normlab
