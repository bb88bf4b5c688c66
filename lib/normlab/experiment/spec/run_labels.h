// The runs of a sweep as people tell them apart: by their settings, not by a hash.
#pragma once

#include <string>
#include <vector>

#include "normlab/experiment/spec/sweep_spec.h"

namespace normlab {

class RunLabels {
 public:
  explicit RunLabels(const std::vector<SweepRun>& runs);

  // "model", "norm", "batch size", "seed", "learning rate", then the dotted path of each further setting that
  // varies among runs of one model.
  const std::vector<std::string>& header() const { return header_; }
  // A text for each of these; "" where a setting has no meaning for the run.
  std::vector<std::string> settings(const SweepRun& run) const;
  // "mlp layer, batch size 4, seed 1, model.hidden [64,64]": model, norm, batch size and what varies.
  std::string label(const SweepRun& run) const;

 private:
  std::vector<std::string> header_;
  std::vector<bool> in_label_;  // for each of these
};

}  // namespace normlab
