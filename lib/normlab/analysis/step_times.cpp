#include "normlab/analysis/step_times.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "normlab/analysis/texts.h"
#include "normlab/analysis/time_to_target.h"
#include "normlab/core/text.h"
#include "normlab/records/awaited_run.h"
#include "normlab/records/fields.h"
#include "normlab/records/vocabulary.h"

namespace normlab {
namespace {

bool is_of_machine(const RunRecord& run, const StepTimesRecord& times) {
  return is_of_machine(times, run.environment->cpu, run.environment->simd);
}

// Null pointer where there are none, they are of another machine than a run of the group, or its runs are of
// several cells.
const CellTimes* timed_cell(const StepTimesRecord& times, const SeedGroup& group) {
  const std::string& cell = group.runs.front()->cell;
  const bool ours = std::ranges::all_of(
      group.runs, [&](const RunRecord* run) { return run->cell == cell && is_of_machine(*run, times); });
  return ours ? find_cell(times, cell) : nullptr;
}

// Of each run that ended the steps of all of it, as long as its budget where it diverged.
std::vector<AwaitedTime> whole_lengths(const SeedGroup& group) {
  std::vector<AwaitedTime> lengths;
  lengths.reserve(group.runs.size());
  for (const RunRecord* run : group.runs) {
    if (!has_ended(*run)) continue;
    std::optional<RunEvent> end;
    if (run->status != status::diverged) end = {true, {}, run->to_end.value_or(RunCosts())};
    if (const auto length = awaited_time(*run, end, &RunCosts::steps)) lengths.push_back(*length);
  }
  return lengths;
}

// Of each run that ended: when it came where it was to come, in steps, or how far it is known that it did
// not.
std::vector<Observation> steps_of(const SeedGroup& group, bool whole_runs) {
  const std::vector<AwaitedTime> times =
      whole_runs ? whole_lengths(group) : times_to_target(group, Measure::steps).times;
  std::vector<Observation> observations = compare_times(std::array{times}).groups.front();
  std::erase_if(observations, [](const Observation& one) { return !(one.time > 0); });
  return observations;
}

}  // namespace

TimedPair timed_pair(const std::vector<StepTimesRecord>& times, const SeedGroup& first,
                     const SeedGroup& second) {
  for (const StepTimesRecord& record : times) {
    const TimedPair pair{timed_cell(record, first), timed_cell(record, second)};
    if (pair.first != nullptr && pair.second != nullptr) return pair;
  }
  return {};
}

std::optional<GroupTimes> times_of_group(const SweepRecords& sweep, const SeedGroup& group, bool whole_runs) {
  const CellTimes* cell = timed_pair(sweep.times, group, group).first;
  if (cell == nullptr) return std::nullopt;
  GroupTimes times{.step = step_seconds(*cell), .seconds = {}};
  const std::vector<Observation> steps = steps_of(group, whole_runs);
  if (!steps.empty()) times.seconds = timed_mean(steps, times.step);
  return times;
}

std::string step_times_text(const SweepRecords& sweep) {
  std::vector<std::string> texts;
  texts.reserve(sweep.times.size());
  for (const StepTimesRecord& times : sweep.times) {
    const std::string version = text_at(times.environment, "normlab");
    texts.push_back(fmt::format("{} rounds, {}{}", times.rounds, shortened(times.started),
                                version.empty() ? "" : ", normlab " + shortened(version)));
  }
  return texts.empty() ? "" : fmt::format("measured apart, {}", fmt::join(texts, "; "));
}

std::vector<std::string> step_times_warnings(const SweepRecords& sweep) {
  std::vector<std::string> warnings;
  for (const StepTimesRecord& times : sweep.times) {
    const auto of_others =
        std::ranges::count_if(sweep.runs, [&](const RunRecord& run) { return !is_of_machine(run, times); });
    if (of_others > 0) {
      warnings.push_back(
          fmt::format("times.json is of another machine ({}) than {} of {} runs, and is not used for them",
                      shortened(text_at(times.environment, "cpu", "an unknown processor")), of_others,
                      sweep.runs.size()));
    }
    for (const std::string& warning : noise_warnings(times))
      warnings.push_back(fmt::format("times.json: {}", shortened_sentence(warning)));
  }
  return warnings;
}

}  // namespace normlab
