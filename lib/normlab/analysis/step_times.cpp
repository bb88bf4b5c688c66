#include "normlab/analysis/step_times.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "normlab/analysis/texts.h"
#include "normlab/analysis/time_to_target.h"
#include "normlab/core/text.h"
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

// Of each run that ended: when it came where it was to come, in steps, or how far it is known that it did
// not. A run that diverged never does: it is censored where nothing is seen of the others any longer.
std::vector<Observation> steps_of(const SeedGroup& group, bool whole_runs) {
  std::vector<Observation> observations;
  std::size_t never = 0;
  double last = 0;
  const auto add = [&](const RunCosts& costs, bool event) {
    if (costs.steps.value_or(0) > 0) observations.push_back({*costs.steps, event});
    last = std::max(last, costs.steps.value_or(0));
  };
  for (const RunRecord* run : group.runs) {
    if (!has_ended(*run)) continue;
    const bool reached = !whole_runs && run->event && run->event->reached;
    if (reached) {
      add(run->event->at, true);
    } else if (run->status == status::diverged) {
      ++never;
    } else if (whole_runs) {
      add(run->to_end.value_or(RunCosts()), true);
    } else if (run->event) {
      add(run->event->after, false);
    }
  }
  if (last > 0) observations.insert(observations.end(), never, {last, false});
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
