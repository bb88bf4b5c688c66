// When the runs of a group reached their target, as the statistics of censored times see it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/analysis/seed_groups.h"
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

struct TimeToTarget {
  std::uint64_t seed = 0;
  Observation observation = {};
  bool never =
      false;  // the run diverged before: it reaches the target at no time; `observation` says nothing
};

// Of the runs that ended and have a target, by ascending seed. Failed, interrupted and undefined runs are
// left out; a run that did not reach the target is censored where its record says. For seconds,
// `step_seconds` is the time of a step.
std::vector<TimeToTarget> times_to_target(const SeedGroup& group, Measure measure, EventPlace place = {},
                                          double step_seconds = 0);

// The latest time of any that is known.
double latest_time(std::span<const TimeToTarget> times);

// Runs that never reach the target are censored at `end`, where nothing is known of any other run any longer.
std::vector<Observation> observations_of(std::span<const TimeToTarget> times, double end);

// Up to where all of the observations are known: the earliest one that is censored, or `end`. What ends runs
// early may depend on how fast they are (a run that its own target stopped), so that nothing behind the first
// end is looked at.
double horizon_of(std::span<const Observation> observations, double end);

// The runs of a group that reached their target, over time.
struct TargetCurve {
  SurvivalCurve curve;  // the share that has not; censored where nothing of any run is known: `never`
  std::vector<double> censored;  // where runs that did not reach it ended, ascending
  Index never = 0;               // runs that diverged before
};

TargetCurve target_curve(std::span<const TimeToTarget> times);

}  // namespace normlab
