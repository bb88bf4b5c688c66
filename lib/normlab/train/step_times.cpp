#include "normlab/train/step_times.h"

#include <algorithm>
#include <cmath>

namespace normlab {
namespace {

constexpr double shortest = 1e-7, longest = 1e4;
const double log_width = std::log(1.001);
const Index bins_in_all = static_cast<Index>(std::log(longest / shortest) / log_width) + 1;

}  // namespace

StepTimes::StepTimes() : counts_(static_cast<std::size_t>(bins_in_all)) {}

Index StepTimes::bin_count() {
  return bins_in_all;
}

void StepTimes::add(double seconds) {
  const double clamped = std::clamp(seconds, shortest, longest);
  const Index bin = std::min(bins_in_all - 1, static_cast<Index>(std::log(clamped / shortest) / log_width));
  ++counts_[static_cast<std::size_t>(bin)];
  ++total_;
}

double StepTimes::quantile(double fraction) const {
  const Index rank =
      std::max<Index>(1, static_cast<Index>(std::ceil(fraction * static_cast<double>(total_))));
  Index seen = 0;
  for (std::size_t bin = 0; bin < counts_.size(); ++bin) {
    seen += counts_[bin];
    if (seen >= rank) return shortest * std::exp((static_cast<double>(bin) + 0.5) * log_width);
  }
  return 0;
}

StepSeconds StepTimes::summary() const {
  if (total_ == 0) return {};
  return {.count = total_, .p10 = quantile(0.1), .median = quantile(0.5), .p90 = quantile(0.9)};
}

std::vector<std::pair<Index, Index>> StepTimes::bins() const {
  std::vector<std::pair<Index, Index>> filled;
  for (std::size_t bin = 0; bin < counts_.size(); ++bin) {
    if (counts_[bin] != 0) filled.emplace_back(static_cast<Index>(bin), counts_[bin]);
  }
  return filled;
}

void StepTimes::restore(const std::vector<std::pair<Index, Index>>& bins) {
  std::fill(counts_.begin(), counts_.end(), 0);
  total_ = 0;
  for (const auto& [bin, count] : bins) {
    counts_.at(static_cast<std::size_t>(bin)) = count;
    total_ += count;
  }
}

}  // namespace normlab
