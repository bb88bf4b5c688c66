// Which runs of an experiment a contrast compares.
#pragma once

#include <string>
#include <vector>

#include "normlab/claims/claims_file.h"
#include "normlab/experiment/spec/sweep_spec.h"
#include "normlab/train/target.h"

namespace normlab {

// One contrast of a claim: two groups of runs that differ in the contrast's setting, and in nothing else that
// the experiment varies but the seed. What its overrides set for one side alone, such as a learning rate, may
// differ.
struct ClaimCell {
  std::string label;  // "layer / none, batch size 4"
  // By seed: a run of every seed or, where they are counted, one with each value of the setting.
  std::vector<const SweepRun*> first, second;
  std::vector<std::string> targets;  // where one is asked: its own, then those that it might have been

  Index seeds() const;  // a side
  Index runs() const { return static_cast<Index>(first.size() + second.size()); }
};

// All that the contrast speaks of, in the order of the runs; they belong to `runs`, which are all runs of the
// experiment. RequestError when a setting or a value is none of the experiment's, when no runs are left to
// compare, when a side has several runs of one seed or none where the other has one, when the setting whose
// values are counted is no axis, when a run is undefined or does not record what is asked, when the two sides
// are trained on different data, when the target has no meaning for the task, and when runs end before they
// can tell what is asked.
std::vector<ClaimCell> find_cells(const SweepSpec& spec, const std::vector<SweepRun>& runs,
                                  const ClaimContrast& contrast);

}  // namespace normlab
