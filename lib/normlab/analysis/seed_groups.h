// Runs that differ in nothing but the seed, put together.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
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
// The same of lists of settings, each given once.
VaryingSettings find_varying_settings(const std::vector<const Settings*>& all);

struct SeedGroup {
  std::string model, norm;
  Index batch_size = 0;
  std::vector<nlohmann::json>
      settings;                        // one for each of VaryingSettings::columns; null where a run has none
  std::vector<const RunRecord*> runs;  // by ascending seed; they belong to the SweepRecords
};

// The settings that tell groups apart: model, norm and batch_size, then the columns.
std::vector<std::string> group_settings(const std::vector<std::string>& columns);
// A group's value of each of them.
std::vector<nlohmann::json> group_values(const SeedGroup& group);
// The place of a setting among them; a part such as "norm" or "optimizer" may stand for its name.
// RequestError naming `field` for one that is not among them.
std::size_t place_of_setting(std::string_view setting, const std::vector<std::string>& columns,
                             std::string_view field);
// A group's values, with null for the settings at these places and for what belongs to them (norm.epsilon to
// norm): what it has to have in common with a group from which it differs there.
std::vector<nlohmann::json> values_but(const SeedGroup& group, const std::vector<std::string>& columns,
                                       std::span<const std::size_t> places);

// Models in the order of the sweep's spec, norms in the order of the design's table, batch sizes ascending,
// then the further settings ascending. Names that neither order knows come last, alphabetically.
std::vector<SeedGroup> group_by_seed(const SweepRecords& sweep, const VaryingSettings& varying);

}  // namespace normlab
