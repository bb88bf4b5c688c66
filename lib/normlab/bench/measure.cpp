#include "normlab/bench/measure.h"

#include <sched.h>

#include <algorithm>
#include <cmath>

#include "normlab/core/process.h"
#include "normlab/experiment/process/cores.h"
#include "normlab/statistics/median_interval.h"

namespace normlab::bench {
namespace {

// More rounds would not make a figure sure that is not sure by then.
constexpr double maximum_rounds = 1000;

double seconds_of(const std::function<void()>& call, Index repeats) {
  const double begin = monotonic_seconds();
  for (Index i = 0; i < repeats; ++i) call();
  return (monotonic_seconds() - begin) / static_cast<double>(repeats);
}

void pin(const std::vector<int>& cores) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int core : cores) CPU_SET(core, &set);
  sched_setaffinity(0, sizeof set, &set);  // where it is not allowed, times are only noisier
}

}  // namespace

double Figure::uncertainty() const {
  return median > 0 ? (high - low) / 2 / median : 0;
}

Figure figure(std::span<const double> measurements) {
  const MedianInterval interval = median_interval(measurements);
  return {interval.median, interval.lower, interval.upper, interval.count};
}

Figure scaled(const Figure& f, double factor) {
  return {f.median * factor, f.low * factor, f.high * factor, f.count};
}

Figure inverse(const Figure& f, double numerator) {
  return {numerator / f.median, numerator / f.high, numerator / f.low, f.count};
}

Times interleave(const std::vector<std::function<void()>>& contenders, const Effort& effort) {
  std::vector<Index> repeats;
  double round_seconds = 0;
  for (const auto& contender : contenders) {
    contender();
    const double once = std::max(seconds_of(contender, 1), 1e-8);
    repeats.push_back(std::max<Index>(1, static_cast<Index>(std::lround(effort.turn_seconds / once))));
    round_seconds += once * static_cast<double>(repeats.back());
  }
  const double wanted = effort.seconds * static_cast<double>(contenders.size()) / round_seconds;
  const Index rounds = std::max(effort.minimum_rounds, static_cast<Index>(std::min(wanted, maximum_rounds)));
  Times times(contenders.size());
  for (Index round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < contenders.size(); ++i) {
      contenders[i]();
      times[i].push_back(seconds_of(contenders[i], repeats[i]));
    }
  }
  return times;
}

Figure ratio(std::span<const double> a, std::span<const double> b) {
  std::vector<double> ratios(std::min(a.size(), b.size()));
  for (std::size_t i = 0; i < ratios.size(); ++i) ratios[i] = a[i] / b[i];
  return figure(ratios);
}

NoiseWatch::NoiseWatch() : wall_(monotonic_seconds()), cpu_(process_cpu_seconds()) {}

double NoiseWatch::taken() const {
  const double wall = monotonic_seconds() - wall_;
  return wall > 0 ? std::clamp(1 - (process_cpu_seconds() - cpu_) / wall, 0.0, 1.0) : 0;
}

PinnedToCore::PinnedToCore() : cores_(available_cores()) {
  pin({cores_.back()});
}

PinnedToCore::~PinnedToCore() {
  pin(cores_);
}

}  // namespace normlab::bench
