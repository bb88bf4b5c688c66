#include "normlab/claims/claim_evidence.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "normlab/core/error.h"
#include "normlab/core/json.h"
#include "normlab/core/text.h"
#include "normlab/experiment/run/sweep_folder.h"
#include "normlab/records/vocabulary.h"

namespace normlab {
namespace {

constexpr double never = std::numeric_limits<double>::infinity();

std::optional<double> count_of(const RunCosts& costs, ClaimMeasure measure) {
  return measure == ClaimMeasure::epochs ? costs.epochs : costs.steps;
}

// Statistics are in the part of a record that is not kept: its file is read once more.
std::optional<Observation> statistic_of(const RunRecord& run, const RecordedStatistic& statistic) {
  const bool diverged = run.status == status::diverged;
  if (statistic.at_start || !diverged) {
    if (const auto value = value_of(statistic, read_sorted_json(run.file, "results")))
      return Observation{*value, true};
  }
  if (!diverged) return std::nullopt;
  const auto largest = largest_value(statistic);
  return largest ? Observation{*largest, true} : Observation{never, false};
}

// Of a run that ended; nothing when its record does not tell. At infinity where it has no end.
std::optional<Observation> observation_of(const RunRecord& run, const ClaimContrast& contrast) {
  const ClaimMeasure measure = contrast.measure;
  const bool diverged = run.status == status::diverged;
  if (contrast.statistic) return statistic_of(run, *contrast.statistic);
  if (measure == ClaimMeasure::reached) {
    if (!run.event && !diverged) return std::nullopt;
    return Observation{1, run.event && run.event->reached};
  }
  if (!is_time(measure)) {
    const auto value = measure == ClaimMeasure::best_metric ? run.best : run.last;
    if (diverged || !value) return diverged ? std::optional(Observation{never, false}) : std::nullopt;
    return Observation{*value, true};
  }
  const bool reached = run.event && run.event->reached;
  if (diverged && !reached) return Observation{never, false};
  const auto time = run.event ? count_of(reached ? run.event->at : run.event->after, measure) : std::nullopt;
  if (!time) return std::nullopt;
  return Observation{*time, reached};
}

double latest_of_all(const ClaimEvidence& evidence) {
  double latest = 0;
  for (const auto* side : {&evidence.first, &evidence.second}) {
    for (const Observation& one : *side) latest = one.time < never ? std::max(latest, one.time) : latest;
  }
  return latest;
}

// What never happens is censored where nothing is seen any longer, which settles the horizon.
void set_horizon(ClaimEvidence& evidence) {
  const double latest = latest_of_all(evidence);
  evidence.horizon = latest;
  for (auto* side : {&evidence.first, &evidence.second}) {
    for (Observation& one : *side) {
      one.time = std::min(one.time, latest);
      if (!one.event) evidence.horizon = std::min(evidence.horizon, one.time);
    }
  }
}

// Of each seed's runs, which follow each other, the number that reached the target.
std::vector<Observation> counts_of(const std::vector<Observation>& runs, Index seeds) {
  std::vector<Observation> counts(static_cast<std::size_t>(seeds), Observation{0, true});
  const std::size_t runs_of_seed = runs.size() / counts.size();
  for (std::size_t i = 0; i < runs.size(); ++i) counts[i / runs_of_seed].time += runs[i].event ? 1 : 0;
  return counts;
}

std::string reason_against_comparison(const ClaimEvidence& evidence, ClaimMeasure measure) {
  if (measure == ClaimMeasure::reached) {
    const auto none = [](const Observation& seed) { return seed.time == 0; };
    const bool any = std::ranges::any_of(evidence.first, none) || std::ranges::any_of(evidence.second, none);
    return any ? "a seed's runs never reached the target, and a count of 0 has no ratio to another" : "";
  }
  if (!(evidence.horizon > 0))
    return is_time(measure) ? "a run says nothing of the target" : "no run has a metric above 0";
  for (const auto* side : {&evidence.first, &evidence.second}) {
    for (const Observation& one : *side) {
      if (!(one.time > 0)) return "a metric is 0, which has no ratio to another";
    }
  }
  return "";
}

void set_durations(ClaimEvidence& evidence, std::vector<double> ratios) {
  evidence.untimed = ratios.empty() && evidence.reason.empty();
  evidence.ratios = std::move(ratios);
}

// Makes seconds of steps.
void multiply_by_durations(ClaimEvidence& evidence, double second_seconds) {
  if (evidence.ratios.empty()) return;
  const double first_seconds = second_seconds * median_interval(evidence.ratios).median;
  for (Observation& one : evidence.first) one.time *= first_seconds;
  for (Observation& one : evidence.second) one.time *= second_seconds;
}

bool is_of_other_machine(const std::optional<StepTimesRecord>& times, const RunRecord& run) {
  return times && run.environment && !is_of_machine(*times, run.environment->cpu, run.environment->simd);
}

// What the records of both sides say.
void read_records(ClaimEvidence& evidence, const ClaimCell& cell, const ClaimContrast& contrast,
                  const std::filesystem::path& folder, RecordFiles& files,
                  const std::optional<StepTimesRecord>& times) {
  std::set<std::string> data;
  for (const bool is_first : {true, false}) {
    auto& side = is_first ? evidence.first : evidence.second;
    for (const SweepRun* run : is_first ? cell.first : cell.second) {
      const RunRecord* record = find_record_of(files, folder, *run).record;
      if (record == nullptr || !is_final_status(record->status)) {
        ++evidence.missing;
        continue;
      }
      data.insert(record->data_checksum);
      const auto observation = observation_of(*record, contrast);
      if (!observation) evidence.reason = fmt::format("the record {} does not tell", record->id);
      if (contrast.measure == ClaimMeasure::seconds && is_of_other_machine(times, *record))
        evidence.reason = "times.json is of another machine than the runs";
      if (!observation) continue;
      (is_first ? evidence.reached_first : evidence.reached_second) += observation->event ? 1 : 0;
      side.push_back(*observation);
    }
  }
  if (data.size() <= 1) return;
  refuse(
      "results", quotation(folder.string()),
      fmt::format("the runs of {} were trained on different data, and only equal data compare", cell.label));
}

}  // namespace

std::optional<Hypothesis> ClaimEvidence::hypothesis(const ClaimContrast& contrast) const {
  if (missing > 0 || untimed || !reason.empty()) return std::nullopt;
  return Hypothesis{
      .groups = {.first = first, .second = second, .horizon = horizon, .pairing = Pairing::paired},
      .direction = contrast.direction,
      .margin = contrast.margin,
      .step_ratios = ratios};
}

ClaimEvidence gather_evidence(const ClaimCell& cell, const ClaimContrast& contrast,
                              const std::filesystem::path& folder, RecordFiles& files,
                              const std::optional<StepTimesRecord>& times) {
  ClaimEvidence evidence;
  TimedSides sides;
  if (needs_step_times(contrast.measure)) {
    sides = timed_sides(cell, times);
    evidence.reason = sides.reason;
    set_durations(evidence, std::move(sides.ratios));
  }
  if (contrast.measure == ClaimMeasure::step_time) return evidence;
  read_records(evidence, cell, contrast, folder, files, times);
  if (evidence.missing > 0 || evidence.untimed || !evidence.reason.empty()) return evidence;
  if (contrast.measure == ClaimMeasure::reached) {
    evidence.first = counts_of(evidence.first, cell.seeds());
    evidence.second = counts_of(evidence.second, cell.seeds());
  }
  multiply_by_durations(evidence, sides.second_seconds);
  set_horizon(evidence);
  evidence.reason = reason_against_comparison(evidence, contrast.measure);
  return evidence;
}

ClaimEvidence kernel_evidence(const KernelPair& kernels, const std::optional<KernelTimesRecord>& times) {
  ClaimEvidence evidence;
  set_durations(evidence, kernel_ratios(times, kernels));
  return evidence;
}

}  // namespace normlab
