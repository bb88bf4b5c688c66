// What of a sweep is searched for before its runs: settings, each out of a range or a list, for every cell of
// the grid (docs/experiment-format.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "normlab/core/json.h"
#include "normlab/core/tensor.h"

namespace normlab {

enum class SearchKind { log, linear, integer, choices };

// Where the values of one setting are looked for.
struct SearchSetting {
  std::string path;  // dotted
  SearchKind kind = SearchKind::log;
  double low = 0, high = 0;   // of a range, both included; low < high
  std::vector<Json> choices;  // of a list
};

struct TuneSpec {
  std::vector<SearchSetting> space;
  Index trials = 0;                  // points that are tried first, the same for every cell
  std::vector<std::uint64_t> seeds;  // of the trials; the sweep's own runs have others
  std::vector<std::string> per;      // the settings by which the runs of one choice belong together
  bool halving = true;               // trials that are behind are cut before their budget is used up
};

// RequestError naming the field, as "tune.space.optimizer.learning_rate".
TuneSpec parse_tune_spec(const Json& json);

Json to_json(const TuneSpec& tune);

}  // namespace normlab
