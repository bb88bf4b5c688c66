#include "normlab/statistics/two_groups.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <tuple>

namespace normlab {

void check_groups(const TwoGroups& groups, std::size_t least) {
  if (groups.first.size() < least || groups.second.size() < least) {
    throw std::invalid_argument("a comparison needs more observations in each of its groups");
  }
  if (groups.pairing == Pairing::paired && groups.first.size() != groups.second.size()) {
    throw std::invalid_argument("paired groups are of equal size");
  }
  for (const auto& group : {groups.first, groups.second}) {
    if (std::ranges::any_of(group, [](const Observation& observation) { return observation.time <= 0; })) {
      throw std::invalid_argument("a ratio needs times above 0");
    }
    const double known = known_until(kaplan_meier(group));
    if (!(groups.horizon > 0 && std::isfinite(groups.horizon) && groups.horizon <= known)) {
      throw std::invalid_argument("a horizon is above 0 and lies within what was observed of both groups");
    }
  }
}

RestrictedMeans::RestrictedMeans(std::span<const Observation> observations, double horizon)
    : horizon_(horizon), all_seen_(true) {
  slots_.reserve(observations.size());
  for (std::size_t i = 0; i < observations.size(); ++i) {
    const Observation& observation = observations[i];
    const bool before = observation.time < horizon;
    slots_.push_back({.time = before ? observation.time : horizon,
                      .event = before && observation.event,
                      .observation = i});
    if (before && !observation.event) all_seen_ = false;
  }
  std::ranges::sort(slots_, {}, [](const Slot& slot) { return std::tuple(slot.time, !slot.event); });
}

double RestrictedMeans::mean(std::span<const int> counts) const {
  if (!all_seen_) return area_below_curve(counts);
  double sum = 0;
  int size = 0;
  for (const Slot& slot : slots_) {
    sum += counts[slot.observation] * slot.time;
    size += counts[slot.observation];
  }
  return sum / size;
}

// Kaplan and Meier's factors for the events of one time, taken one after the other, multiply to that of all
// of them.
double RestrictedMeans::area_below_curve(std::span<const int> counts) const {
  int at_risk = 0;
  for (const int count : counts) at_risk += count;
  double area = 0, survival = 1, time = 0;
  for (const Slot& slot : slots_) {
    const int count = counts[slot.observation];
    if (count == 0) continue;
    area += survival * (slot.time - time);
    time = slot.time;
    if (slot.event) survival *= 1 - static_cast<double>(count) / at_risk;
    at_risk -= count;
  }
  return area + survival * (horizon_ - time);
}

}  // namespace normlab
