// Which exceptions of a spec a run is under.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "normlab/experiment/spec/sweep_spec.h"

namespace normlab {

// The overrides of a spec, and which of them have matched a run.
class OverrideMatches {
 public:
  explicit OverrideMatches(const SweepSpec& spec);
  ~OverrideMatches();

  // Conditions look at what was there before any override, so that the order of overrides matters for nothing
  // but which value wins. Throws what resolve() throws.
  void apply(Json& settings);

  // The first that has matched no run, or nothing.
  std::optional<std::size_t> idle() const;

 private:
  class Condition;
  using Conditions = std::vector<Condition>;

  const SweepSpec& spec_;
  std::vector<Conditions> conditions_;  // of each override
  std::vector<bool> matched_;
};

}  // namespace normlab
