// What a search for settings tried, from the tuned.json of a sweep's folder (docs/results-format.md).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "normlab/core/json.h"
#include "normlab/core/tensor.h"

namespace normlab {

// How far a trial had come when trials were compared.
struct TrialAt {
  double steps = 0;                 // up to which it was looked at
  double mean_steps = 0;            // to the target, restricted to these
  Index reached = 0;                // of its runs
  std::optional<double> best_loss;  // of the validation set; nothing when a run diverged
};

struct SearchTrial {
  std::vector<Json> values;       // of SearchTrials::settings
  std::vector<TrialAt> compared;  // at least one
  bool cut = false;
  Index runs = 0;  // at least one
};

struct SearchCell {
  Json when;  // dotted paths and values that its runs have
  std::size_t chosen = 0;
  Index widened = 0;
  std::vector<std::string> at_end;  // settings whose choice lies at an end of its range
  std::vector<SearchTrial> trials;
};

struct SearchTrials {
  std::vector<std::string> settings;  // that were looked for, dotted
  std::vector<bool> logarithmic;      // whether their range is
  std::vector<SearchCell> cells;
};

// Nothing when the folder has no tuned.json. RequestError for one that is none.
std::optional<SearchTrials> read_search_trials(const std::filesystem::path& folder);

}  // namespace normlab
