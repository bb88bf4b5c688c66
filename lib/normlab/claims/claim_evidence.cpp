#include "normlab/claims/claim_evidence.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "normlab/core/error.h"
#include "normlab/core/json.h"
#include "normlab/core/text.h"
#include "normlab/experiment/run/sweep_folder.h"
#include "normlab/records/awaited_run.h"
#include "normlab/records/vocabulary.h"
#include "normlab/tasks/metric.h"

namespace normlab {
namespace {

// A value that is there, and one that is worse than any.
AwaitedTime value_there(double value) {
  return {.observation = {value, true}, .never = false, .end = 0};
}

constexpr AwaitedTime no_value{.observation = {}, .never = true, .end = 0};

// Statistics are in the part of a record that is not kept: its file is read once more.
std::optional<AwaitedTime> statistic_of(const RunRecord& run, const RecordedStatistic& statistic) {
  if (const auto value = value_of(statistic, read_sorted_json(run.file, "results")))
    return value_there(*value);
  if (run.status == status::diverged) return value_there(largest_value(statistic));
  return std::nullopt;
}

std::optional<AwaitedTime> metric_of(const RunRecord& run, ClaimMeasure measure) {
  if (run.status == status::diverged) return no_value;
  const auto value = measure == ClaimMeasure::best_metric ? run.best : run.last;
  return value ? std::optional(value_there(*value)) : std::nullopt;
}

// Of a run that ended; nothing when its record does not tell.
std::optional<AwaitedTime> observation_of(const RunRecord& run, const ClaimContrast& contrast) {
  const ClaimMeasure measure = contrast.measure;
  if (contrast.statistic) return statistic_of(run, *contrast.statistic);
  if (is_metric(measure)) return metric_of(run, measure);
  return awaited_time(run, run.event, measure == ClaimMeasure::epochs ? &RunCosts::epochs : &RunCosts::steps);
}

// What the records of both sides say.
struct BothSides {
  std::vector<AwaitedTime> first, second;
  Better better = Better::lower;  // of the metric that the runs report
  Index diverged = 0;
};

// Where more is better, the worst of a metric is the least that any run of the contrast has.
void put_lowest(BothSides& sides) {
  std::optional<double> lowest;
  for (const auto* side : {&sides.first, &sides.second}) {
    for (const AwaitedTime& one : *side) {
      if (!one.never) lowest = std::min(lowest.value_or(one.observation.time), one.observation.time);
    }
  }
  for (auto* side : {&sides.first, &sides.second}) {
    for (AwaitedTime& one : *side) {
      if (one.never && lowest) one = value_there(*lowest);
    }
  }
}

// Of each seed's runs, which follow each other, the number that reached the target and a half, so that a seed
// of which none does has a ratio to others.
std::vector<AwaitedTime> counts_of(const std::vector<AwaitedTime>& runs, Index seeds) {
  std::vector<AwaitedTime> counts(static_cast<std::size_t>(seeds), value_there(0.5));
  const std::size_t runs_of_seed = runs.size() / counts.size();
  for (std::size_t i = 0; i < runs.size(); ++i)
    counts[i / runs_of_seed].observation.time += has_come(runs[i]) ? 1 : 0;
  return counts;
}

// What runs that diverged leave unknown. How much worse they are than others no record says: a metric or a
// statistic at the end, which a run that was cut short does not have, is of those that are left.
std::string reason_of_divergence(const BothSides& sides, const ClaimContrast& contrast) {
  const bool at_end = contrast.statistic && !contrast.statistic->at_start;
  const bool has_ranks = contrast.direction != ClaimDirection::within && contrast.margin == 1;
  if (sides.diverged == 0 || !(at_end || (is_metric(contrast.measure) && !has_ranks))) return "";
  return fmt::format("{} run{} diverged", sides.diverged, sides.diverged == 1 ? "" : "s");
}

std::string reason_against_comparison(const ClaimEvidence& evidence, ClaimMeasure measure) {
  if (measure == ClaimMeasure::reached && evidence.reached_first + evidence.reached_second == 0)
    return "no run reached the target";
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
void multiply_by_durations(BothSides& sides, const std::vector<double>& ratios, double second_seconds) {
  if (ratios.empty()) return;
  const double first_seconds = second_seconds * median_interval(ratios).median;
  for (AwaitedTime& one : sides.first) one = scaled(one, first_seconds);
  for (AwaitedTime& one : sides.second) one = scaled(one, second_seconds);
}

bool is_of_other_machine(const std::optional<StepTimesRecord>& times, const RunRecord& run) {
  return times && run.environment && !is_of_machine(*times, run.environment->cpu, run.environment->simd);
}

void refuse_different_data(const std::filesystem::path& folder, const ClaimCell& cell) {
  refuse(
      "results", quotation(folder.string()),
      fmt::format("the runs of {} were trained on different data, and only equal data compare", cell.label));
}

BothSides read_records(ClaimEvidence& evidence, const ClaimCell& cell, const ClaimContrast& contrast,
                       const std::filesystem::path& folder, RecordFiles& files,
                       const std::optional<StepTimesRecord>& times) {
  BothSides sides;
  std::set<std::string> data;
  for (const bool is_first : {true, false}) {
    for (const SweepRun* run : is_first ? cell.first : cell.second) {
      const RunRecord* record = find_record_of(files, folder, *run).record;
      if (record == nullptr || !is_final_status(record->status)) {
        ++evidence.missing;
        continue;
      }
      data.insert(record->data_checksum);
      sides.diverged += record->status == status::diverged ? 1 : 0;
      if (!record->metrics.empty()) sides.better = record->better;
      const auto observation = observation_of(*record, contrast);
      if (!observation) evidence.reason = fmt::format("the record {} does not tell", record->id);
      if (contrast.measure == ClaimMeasure::seconds && is_of_other_machine(times, *record))
        evidence.reason = "times.json is of another machine than the runs";
      if (!observation) continue;
      (is_first ? evidence.reached_first : evidence.reached_second) += has_come(*observation) ? 1 : 0;
      (is_first ? sides.first : sides.second).push_back(*observation);
    }
  }
  if (data.size() > 1) refuse_different_data(folder, cell);
  if (evidence.reason.empty()) evidence.reason = reason_of_divergence(sides, contrast);
  return sides;
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
  TimedSides durations;
  if (needs_step_times(contrast.measure)) {
    durations = timed_sides(cell, times);
    evidence.reason = durations.reason;
    set_durations(evidence, std::move(durations.ratios));
  }
  if (contrast.measure == ClaimMeasure::step_time) return evidence;
  BothSides sides = read_records(evidence, cell, contrast, folder, files, times);
  if (evidence.missing > 0 || evidence.untimed || !evidence.reason.empty()) return evidence;
  if (contrast.measure == ClaimMeasure::reached) {
    sides.first = counts_of(sides.first, cell.seeds());
    sides.second = counts_of(sides.second, cell.seeds());
  }
  if (is_metric(contrast.measure) && sides.better == Better::higher) put_lowest(sides);
  multiply_by_durations(sides, evidence.ratios, durations.second_seconds);
  ComparedTimes compared = compare_times(std::array{sides.first, sides.second});
  evidence.first = std::move(compared.groups[0]);
  evidence.second = std::move(compared.groups[1]);
  evidence.horizon = compared.horizon;
  evidence.reason = reason_against_comparison(evidence, contrast.measure);
  return evidence;
}

ClaimEvidence kernel_evidence(const KernelPair& kernels, const std::vector<KernelTimesRecord>& times) {
  ClaimEvidence evidence;
  set_durations(evidence, kernel_ratios(times, kernels));
  return evidence;
}

}  // namespace normlab
