#include "normlab/statistics/awaited_time.h"

#include <algorithm>
#include <optional>

namespace normlab {
namespace {

double latest_end(std::span<const AwaitedTime> times) {
  double latest = 0;
  for (const AwaitedTime& one : times) latest = std::max(latest, one.end);
  return latest;
}

// Where an event that never comes is awaited of which that is not known, unless its group tells.
double usual_end(std::span<const std::vector<AwaitedTime>> groups) {
  double end = 0, seen = 0;
  for (const auto& group : groups) {
    end = std::max(end, latest_end(group));
    for (const AwaitedTime& one : group) seen = std::max(seen, one.never ? 0 : one.observation.time);
  }
  return end > 0 ? end : seen;
}

std::vector<Observation> observations_of(std::span<const AwaitedTime> times, double end) {
  std::vector<Observation> observations;
  observations.reserve(times.size());
  for (const AwaitedTime& one : times) {
    const double last = one.end > 0 ? one.end : end;
    observations.push_back(one.never ? Observation{last, false} : one.observation);
  }
  return observations;
}

double common_end(const std::vector<std::vector<Observation>>& groups) {
  double latest = 0;
  std::optional<double> censored;
  for (const auto& group : groups) {
    for (const Observation& one : group) {
      latest = std::max(latest, one.time);
      if (!one.event) censored = std::min(censored.value_or(one.time), one.time);
    }
  }
  return censored.value_or(latest);
}

}  // namespace

bool has_come(const AwaitedTime& time) {
  return time.observation.event && !time.never;
}

AwaitedTime scaled(const AwaitedTime& time, double factor) {
  AwaitedTime other = time;
  other.observation.time *= factor;
  other.end *= factor;
  return other;
}

ComparedTimes compare_times(std::span<const std::vector<AwaitedTime>> groups) {
  ComparedTimes compared;
  compared.groups.reserve(groups.size());
  const double otherwise = usual_end(groups);
  for (const auto& group : groups) {
    const double end = latest_end(group);
    compared.groups.push_back(observations_of(group, end > 0 ? end : otherwise));
  }
  compared.horizon = common_end(compared.groups);
  return compared;
}

}  // namespace normlab
