// A sweep: a base config, a grid over its settings, and exceptions (docs/experiment-format.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "normlab/experiment/json.h"
#include "normlab/train/run_config.h"

namespace normlab {

struct Axis {
  std::string path;  // dotted
  std::vector<Json> values;
};

// "Where all of these settings have these values, set those." A list in `when` stands for any of its values.
struct Override {
  std::vector<std::pair<std::string, Json>> when, set;
};

struct SweepSpec {
  std::string name;         // letters, digits, '-', '_' and '.'; names the results folder
  std::string description;  // one or two sentences
  Json paper;               // {"reference": …, "section": …}, or null
  Json base = Json::object();
  std::vector<Axis> grid;
  std::vector<Override> overrides;
};

// Reads a spec. RequestError, naming the file or the field, for what is not JSON, unknown keys, wrong types,
// empty lists, a spec that lists nothing to run, and overrides that match no cell. `default_name` serves when
// the spec says none.
SweepSpec parse_sweep_spec(const Json& json, const std::string& default_name);
// Also takes the sweep.json of a results folder, and warns when the ids that it lists are not those of its
// settings. The refusal of an experiment that comes with the program, and is not here, says where it is.
SweepSpec load_sweep_spec(const std::filesystem::path& file);

// "--set KEY=V1,V2" replaces or adds an axis; one value is set in the base, and the axis is gone. Either wins
// over overrides of the same setting. A name that is on the axis of a named object ("model") already stands
// for its entries there, with their settings. RequestError for a value that is listed twice, and for a range
// that is none.
void apply_shell_setting(SweepSpec& spec, const ShellSetting& setting);

// The same for each in turn; the description then says which changed the spec: "(changed: seed = 1, 2)".
void apply_shell_settings(SweepSpec& spec, const std::vector<ShellSetting>& settings);

// Whether `text`, said for one setting of a run, is a list ("none,layer") or a range ("1..3") of values, as
// only a sweep takes them.
bool lists_values(std::string_view path, std::string_view text);

Json to_json(const SweepSpec& spec);

// One run of a sweep.
struct SweepCell {
  RunConfig config;
  std::string id;
  std::optional<std::string> undefined;  // why the combination has no meaning
};

// All cells in a fixed order: the seed varies slowest, so that an interrupted sweep has whole tables for its
// first seeds; then model, norm and batch size; then the other axes in the order of the spec, the last one
// fastest. Each cell's config is resolved; RequestError for one that cannot be, when two cells are the same
// run, and, before anything is expanded, for more than `max_cells`.
constexpr std::uint64_t default_max_cells = 100'000;
std::vector<SweepCell> expand(const SweepSpec& spec, std::uint64_t max_cells = default_max_cells);

// What the cells ask for, known before they start.
struct SweepNeeds {
  std::vector<double> memory;          // bytes of each cell's network; 0 where it is undefined
  std::vector<double> evaluation;      // each cell's evaluation_share(); 0 where it is undefined
  std::vector<std::string> checksums;  // each cell's DataSize::checksum; "" where it is undefined
  std::vector<std::string> warnings;   // each once
};

// Checks every cell that is to run against its data and the memory that there is for `jobs` of them side by
// side, reading each data set once: RequestError before any work starts.
SweepNeeds check_cells_against_data(const std::vector<SweepCell>& cells, int jobs);

}  // namespace normlab
