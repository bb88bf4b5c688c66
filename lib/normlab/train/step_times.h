// The distribution of step times in bounded memory: a histogram with logarithmic bins 0.1 % wide, so
// quantiles are exact to 0.1 % however long the run is, and the training loop never allocates.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "normlab/train/run_result.h"

namespace normlab {

class StepTimes {
 public:
  StepTimes();
  static Index bin_count();
  void add(double seconds);  // clamped to [100 ns, 10,000 s]
  StepSeconds summary() const;

  // For checkpoints: (bin, count) of the bins that are not empty.
  std::vector<std::pair<Index, Index>> bins() const;
  void restore(const std::vector<std::pair<Index, Index>>& bins);

 private:
  double quantile(double fraction) const;  // nearest rank
  std::vector<Index> counts_;
  Index total_ = 0;
};

}  // namespace normlab
