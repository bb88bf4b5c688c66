#include "normlab/analysis/time_to_target.h"

#include <algorithm>

#include "normlab/core/error.h"
#include "normlab/records/vocabulary.h"

namespace normlab {
namespace {

double amount_of(const RunCosts& costs, Measure measure, double step_seconds) {
  if (measure == Measure::epochs) return costs.epochs.value_or(0);
  const double steps = costs.steps.value_or(0);
  return measure == Measure::seconds ? steps * step_seconds : steps;
}

}  // namespace

const std::vector<std::string>& measure_names() {
  static const std::vector<std::string> names{"steps", "epochs", "seconds", "step_time"};
  return names;
}

const std::string& measure_name(Measure measure) {
  return measure_names()[static_cast<std::size_t>(measure)];
}

Measure parse_measure(std::string_view name) {
  const std::vector<std::string>& names = measure_names();
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) refuse_name("measure", name, names);
  return static_cast<Measure>(found - names.begin());
}

bool has_ended(const RunRecord& run) {
  return run.status != status::failed && run.status != status::undefined && run.status != status::interrupted;
}

std::vector<TimeToTarget> times_to_target(const SeedGroup& group, Measure measure, EventPlace place,
                                          double step_seconds) {
  std::vector<TimeToTarget> times;
  times.reserve(group.runs.size());
  for (const RunRecord* run : group.runs) {
    if (!has_ended(*run)) continue;
    const std::optional<RunEvent>& event = place ? run->variations.at(*place) : run->event;
    const bool reached = event && event->reached;
    if (!reached && run->status == status::diverged) {
      times.push_back({.seed = run->seed, .observation = {}, .never = true});
    } else if (event) {
      const double time = amount_of(reached ? event->at : event->after, measure, step_seconds);
      times.push_back({.seed = run->seed, .observation = {time, reached}, .never = false});
    }
  }
  return times;
}

double latest_time(std::span<const TimeToTarget> times) {
  double latest = 0;
  for (const TimeToTarget& one : times) latest = std::max(latest, one.observation.time);
  return latest;
}

std::vector<Observation> observations_of(std::span<const TimeToTarget> times, double end) {
  std::vector<Observation> observations;
  observations.reserve(times.size());
  for (const TimeToTarget& one : times)
    observations.push_back(one.never ? Observation{end, false} : one.observation);
  return observations;
}

double horizon_of(std::span<const Observation> observations, double end) {
  double horizon = end;
  for (const Observation& one : observations) {
    if (!one.event) horizon = std::min(horizon, one.time);
  }
  return horizon;
}

TargetCurve target_curve(std::span<const TimeToTarget> times) {
  TargetCurve found{.curve = kaplan_meier(observations_of(times, latest_time(times))), .censored = {}};
  for (const TimeToTarget& one : times) {
    if (one.never) {
      ++found.never;
    } else if (!one.observation.event) {
      found.censored.push_back(one.observation.time);
    }
  }
  std::ranges::sort(found.censored);
  return found;
}

}  // namespace normlab
