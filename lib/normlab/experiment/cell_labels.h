// The cells of a sweep as people tell them apart: by their settings, not by a hash.
#pragma once

#include <string>
#include <vector>

#include "normlab/experiment/sweep_spec.h"

namespace normlab {

class CellLabels {
 public:
  explicit CellLabels(const std::vector<SweepCell>& cells);

  // "model", "norm", "batch size", "seed", "learning rate", then the dotted path of each further setting that
  // varies among runs of one model.
  const std::vector<std::string>& header() const { return header_; }
  // A text for each of these; "" where a setting has no meaning for the cell.
  std::vector<std::string> settings(const SweepCell& cell) const;
  // "mlp layer, batch size 4, seed 1, model.hidden [64,64]": model, norm, batch size and what varies.
  std::string label(const SweepCell& cell) const;

 private:
  std::vector<std::string> header_;
  std::vector<bool> in_label_;  // for each of these
};

}  // namespace normlab
