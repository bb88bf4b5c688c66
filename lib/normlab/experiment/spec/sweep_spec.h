// A sweep: a base config, a grid over its settings, and exceptions (docs/experiment-format.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "normlab/experiment/config/json.h"
#include "normlab/experiment/spec/override_matches.h"
#include "normlab/experiment/spec/tune_spec.h"
#include "normlab/train/run_config.h"

namespace normlab {

struct Axis {
  std::string path;  // dotted
  std::vector<Json> values;
};

struct SweepSpec {
  std::string name;         // letters, digits, '-', '_' and '.'; names the results folder
  std::string description;  // one or two sentences
  Json paper;               // {"reference": …, "section": …}, or null
  Json base = Json::object();
  std::vector<Axis> grid;
  std::vector<Override> overrides;
  std::optional<TuneSpec> tune;         // what is searched for first
  std::string tuned;                    // a file that says what was found (tuned.json), or ""
  std::vector<std::string> chosen;      // settings that have what was found, in overrides
  std::vector<std::uint64_t> tuned_on;  // the seeds by which that was found, which its runs do not have
};

// Reads a spec. RequestError, naming the file or the field, for what is not JSON, unknown keys, wrong types,
// empty lists, a spec that lists nothing to run, and overrides that match no run (of a grid of at most a
// million). `default_name` serves when the spec says none.
SweepSpec parse_sweep_spec(const Json& json, const std::string& default_name);
// Also takes the sweep.json of a results folder, and warns when the ids that it lists are not those of its
// settings. The refusal of an experiment that comes with the program, and is not here, says where it is.
SweepSpec load_sweep_spec(const std::filesystem::path& file);

Json to_json(const SweepSpec& spec);

// One run of a sweep.
struct SweepRun {
  RunConfig config;
  std::string id;
  std::optional<std::string> undefined;  // why the combination has no meaning
};

// All runs in a fixed order: the seed varies slowest, so that an interrupted sweep has whole tables for its
// first seeds; then model, norm and batch size; then the other axes in the order of the spec, the last one
// fastest. Each run's config is resolved; RequestError for one that cannot be, when two runs are the same
// run or one has a seed of `tuned_on`, and, before anything is expanded, for more than `max_runs`.
constexpr std::uint64_t default_max_runs = 100'000;
std::vector<SweepRun> expand(const SweepSpec& spec, std::uint64_t max_runs = default_max_runs);

// RequestError naming `field` when a run has one of the seeds of a search.
void require_other_seeds(const std::vector<SweepRun>& runs, const std::vector<std::uint64_t>& seeds,
                         std::string_view field);

}  // namespace normlab
