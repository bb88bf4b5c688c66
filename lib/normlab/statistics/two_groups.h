// What the comparisons of two groups share: how they were sampled, and restricted means of samples made from
// them.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "normlab/statistics/censored.h"

namespace normlab {

// Whether observation i of the one group belongs to observation i of the other (runs of one seed, which share
// their initial weights and batches), or the groups were drawn independently.
enum class Pairing { independent, paired };

struct TwoGroups {
  std::span<const Observation> first, second;  // of equal size where they are paired
  double horizon;                              // common to both: at most known_until() of either
  Pairing pairing = Pairing::independent;
};

// Throws std::invalid_argument unless both groups have at least `least` observations, all times are finite
// and above 0, the horizon is above 0 and known of both groups, and paired groups are of equal size.
void check_groups(const TwoGroups& groups, std::size_t least);

// Restricted means of samples made from one set of observations, for thousands of them. As restricted_mean(),
// but where the last observation of a sample is censored before the horizon, its curve stays level from there
// on (Gill 1980, "Censoring and stochastic integrals"): a resample has no horizon of its own.
class RestrictedMeans {
 public:
  RestrictedMeans(std::span<const Observation> observations, double horizon);

  // Of the sample that has observation i `counts[i]` times: as many counts as observations, at least one
  // above 0.
  double mean(std::span<const int> counts) const;

 private:
  struct Slot {
    double time;  // at most the horizon
    bool event;   // before the horizon
    std::size_t observation;
  };

  double area_below_curve(std::span<const int> counts) const;

  double horizon_;
  bool all_seen_;            // nothing is censored before the horizon: restricted means are plain means
  std::vector<Slot> slots_;  // by time; of one time, events first
};

}  // namespace normlab
