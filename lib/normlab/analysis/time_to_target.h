// When the runs of a group reached their target, as the statistics of censored times see it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/analysis/seed_groups.h"
#include "normlab/statistics/awaited_time.h"
#include "normlab/statistics/censored.h"

namespace normlab {

// What is compared: the time to a target, counted in steps, epochs or seconds, or the time of a step. Seconds
// are steps times the time of a step, which was measured apart (analysis/step_times.h): by the clock, runs of
// a sweep share the machine.
enum class Measure { steps, epochs, seconds, step_time };
inline constexpr std::size_t recorded_measures = 2;  // the first ones, of which records tell by themselves

const std::vector<std::string>& measure_names();  // in the order of the enumeration
const std::string& measure_name(Measure measure);
Measure parse_measure(std::string_view name);  // RequestError naming `measure`

// Which of a run's events: that of its target, or of one of RunRecord::variations.
using EventPlace = std::optional<std::size_t>;

// Neither failed, nor interrupted, nor undefined.
bool has_ended(const RunRecord& run);

// One of each of them for each run that ended and has a target, by ascending seed.
struct TimesToTarget {
  std::vector<std::uint64_t> seeds;
  std::vector<AwaitedTime> times;
};

// As awaited_time() of each run. Failed, interrupted and undefined runs are left out. For seconds,
// `step_seconds` is the time of a step.
TimesToTarget times_to_target(const SeedGroup& group, Measure measure, EventPlace place = {},
                              double step_seconds = 0);

// The runs of a group that reached their target, over time.
struct TargetCurve {
  SurvivalCurve curve;  // the share that has not; those that never do are censored where their budget ends
  std::vector<double> censored;  // where runs that did not reach it ended, ascending
  Index never = 0;               // runs that diverged before
};

TargetCurve target_curve(const std::vector<AwaitedTime>& times);

}  // namespace normlab
