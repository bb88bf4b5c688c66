#include "normlab/analysis/time_to_target.h"

#include <algorithm>
#include <array>

#include "normlab/core/error.h"
#include "normlab/records/awaited_run.h"
#include "normlab/records/vocabulary.h"

namespace normlab {
namespace {

// Seconds are counted by steps.
RunCount count_of(Measure measure) {
  return measure == Measure::epochs ? &RunCosts::epochs : &RunCosts::steps;
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

TimesToTarget times_to_target(const SeedGroup& group, Measure measure, EventPlace place,
                              double step_seconds) {
  TimesToTarget found;
  found.seeds.reserve(group.runs.size());
  found.times.reserve(group.runs.size());
  for (const RunRecord* run : group.runs) {
    if (!has_ended(*run)) continue;
    const auto time = awaited_time(*run, place ? run->variations.at(*place) : run->event, count_of(measure));
    if (!time) continue;
    found.seeds.push_back(run->seed);
    found.times.push_back(measure == Measure::seconds ? scaled(*time, step_seconds) : *time);
  }
  return found;
}

TargetCurve target_curve(const std::vector<AwaitedTime>& times) {
  const ComparedTimes alone = compare_times(std::array{times});
  TargetCurve found{.curve = kaplan_meier(alone.groups.front()), .censored = {}};
  for (const AwaitedTime& one : times) {
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
