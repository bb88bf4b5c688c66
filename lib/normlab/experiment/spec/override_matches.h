// Which exceptions of a spec a run is under.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "normlab/core/json.h"

namespace normlab {

// "Where all of these settings have these values, set those." A list in `when` stands for any of its values.
struct Override {
  std::vector<std::pair<std::string, Json>> when, set;
};

// The overrides of a spec, and which of them have matched a run.
class OverrideMatches {
 public:
  // `overrides` outlive the object.
  explicit OverrideMatches(const std::vector<Override>& overrides);
  ~OverrideMatches();

  // Conditions look at what was there before any override, so that the order of overrides matters for nothing
  // but which value wins. Throws what resolve() throws.
  void apply(Json& settings);

  // The first that has matched no run, or nothing.
  std::optional<std::size_t> idle() const;

 private:
  class Condition;
  using Conditions = std::vector<Condition>;

  const std::vector<Override>& overrides_;
  std::vector<Conditions> conditions_;  // of each override
  std::vector<bool> matched_;
};

}  // namespace normlab
