// Measuring on a machine that does other things too: contenders take turns, so that a disturbance meets all
// of them alike, and every figure says how sure it is.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "normlab/core/tensor.h"

namespace normlab::bench {

// The median of repeated measurements, with its 95 % confidence interval from order statistics
// (statistics/median_interval.h), which assumes nothing about their distribution but independence. With fewer
// than six measurements the interval is their range.
struct Figure {
  double median = 0, low = 0, high = 0;
  Index count = 0;
  double uncertainty() const;  // half the interval's width as a fraction of the median
};

Figure figure(std::span<const double> measurements);  // at least one
Figure scaled(const Figure& f, double factor);        // factor > 0
Figure inverse(const Figure& f, double numerator);    // numerator / f, as a rate is made of a time

// How long to measure.
struct Effort {
  double seconds = 0.3;        // of all turns of a contender together
  double turn_seconds = 1e-3;  // a turn repeats short calls until it has lasted about so long
  Index minimum_rounds = 7;    // also when they take longer than `seconds`
};

// The seconds that a call of each contender took: times[contender][round]. Every turn begins with a call that
// is not measured, which brings back into the caches what the other contenders have driven out of them.
using Times = std::vector<std::vector<double>>;
Times interleave(const std::vector<std::function<void()>>& contenders, const Effort& effort);

// a / b, round by round: what a disturbance did to both of a round cancels.
Figure ratio(std::span<const double> a, std::span<const double> b);

// How much of its core this process was given since the object was made: what is missing, others took.
class NoiseWatch {
 public:
  NoiseWatch();
  double taken() const;  // fraction of the elapsed time, of one busy thread

 private:
  double wall_, cpu_;
};

// Keeps this thread on one core while it lives: the last one available, which the system uses least.
class PinnedToCore {
 public:
  PinnedToCore();
  ~PinnedToCore();
  PinnedToCore(const PinnedToCore&) = delete;
  PinnedToCore& operator=(const PinnedToCore&) = delete;

 private:
  std::vector<int> cores_;  // before
};

}  // namespace normlab::bench
