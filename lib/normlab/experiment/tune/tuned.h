// What a search chose for each cell, and why: tuned.json (docs/results-format.md).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "normlab/experiment/spec/sweep_spec.h"
#include "normlab/experiment/tune/search_points.h"
#include "normlab/experiment/tune/trial_measure.h"

namespace normlab {

struct Trial {
  Json point;                          // settings by their dotted paths
  int widening = 0;                    // of the space, that it comes from; 0: the space as it was given
  std::vector<std::string> runs;       // their ids
  std::vector<TrialMeasure> measures;  // as its runs went on: one for each time that trials were compared
  bool cut = false;                    // behind, at the last of these, and not gone on with
};

struct Widening {
  std::string setting;
  RangeEnd end = RangeEnd::upper;
  SearchRange from, to;
  std::string refused;  // why there is nothing beyond that end, or ""
};

struct TunedCell {
  std::vector<std::pair<std::string, Json>> when;  // as an override's
  std::vector<Trial> trials;
  std::size_t chosen = 0;  // place among them
  std::vector<Widening> widenings;
  std::vector<std::string> at_end;  // settings whose choice still lies in the outer tenth of the last range
};

struct Tuned {
  std::string name;  // of the experiment
  TuneSpec tune;
  std::vector<TunedCell> cells;
};

Json to_json(const Tuned& tuned);

// Before a search: renames a FOLDER/tuned.json that cannot be read, with a warning, so that what is found
// takes its place and nothing is lost.
void set_aside_damaged_tuned(const std::filesystem::path& folder);

// Writes FOLDER/tuned.json. Cells that it has already, of the same search and not among these, stay: those of
// a grid that has grown. RunError when it cannot be written.
void write_tuned(const std::filesystem::path& folder, const Tuned& tuned);

// What a spec takes from a tuned.json.
struct TunedChoices {
  std::vector<Override> choices;     // one for each cell
  std::vector<std::uint64_t> seeds;  // of the trials
};

TunedChoices choices_of(const Tuned& tuned);

// RequestError naming the file when it is none.
TunedChoices read_tuned(const std::filesystem::path& file);

// What FOLDER/tuned.json says, if it is of this search; nothing while there is none, or it is damaged.
std::optional<TunedChoices> read_tuned_before(const std::filesystem::path& folder, const TuneSpec& tune);

// Whether every run of the spec that has a meaning has a choice.
bool has_all_choices(const SweepSpec& spec, const TunedChoices& tuned, std::uint64_t max_runs);

// The spec with what was chosen as its last overrides, and nothing left to tune. RequestError when a run has
// no choice, does not take it since an override sets what it is chosen by, or has a seed that the trials had,
// or an axis of the grid says what was chosen.
SweepSpec with_choices(SweepSpec spec, const TunedChoices& tuned, std::uint64_t max_runs);

}  // namespace normlab
