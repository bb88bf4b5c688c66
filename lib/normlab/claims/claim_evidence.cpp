#include "normlab/claims/claim_evidence.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "normlab/core/error.h"
#include "normlab/core/text.h"
#include "normlab/experiment/run/sweep_folder.h"
#include "normlab/records/vocabulary.h"

namespace normlab {
namespace {

constexpr double never = std::numeric_limits<double>::infinity();

std::optional<double> count_of(const RunCosts& costs, ClaimMeasure measure) {
  return measure == ClaimMeasure::steps ? costs.steps : costs.epochs;
}

// Of a run that ended; nothing when its record does not tell. At infinity where it has no end.
std::optional<Observation> observation_of(const RunRecord& run, ClaimMeasure measure) {
  const bool diverged = run.status == status::diverged;
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

std::string reason_against_comparison(const ClaimEvidence& evidence, ClaimMeasure measure) {
  if (!(evidence.horizon > 0))
    return is_time(measure) ? "a run says nothing of the target" : "no run has a metric above 0";
  for (const auto* side : {&evidence.first, &evidence.second}) {
    for (const Observation& one : *side) {
      if (!(one.time > 0)) return "a metric is 0, which has no ratio to another";
    }
  }
  return "";
}

}  // namespace

std::optional<Hypothesis> ClaimEvidence::hypothesis(const ClaimContrast& contrast) const {
  if (missing > 0 || !reason.empty()) return std::nullopt;
  return Hypothesis{
      .groups = {.first = first, .second = second, .horizon = horizon, .pairing = Pairing::paired},
      .direction = contrast.direction,
      .margin = contrast.margin};
}

ClaimEvidence gather_evidence(const ClaimCell& cell, ClaimMeasure measure,
                              const std::filesystem::path& folder, RecordFiles& files) {
  ClaimEvidence evidence;
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
      const auto observation = observation_of(*record, measure);
      if (!observation) evidence.reason = fmt::format("the record {} does not tell", record->id);
      if (!observation) continue;
      (is_first ? evidence.reached_first : evidence.reached_second) += observation->event ? 1 : 0;
      side.push_back(*observation);
    }
  }
  if (data.size() > 1) {
    refuse("results", quotation(folder.string()),
           fmt::format("the runs of {} were trained on different data, and only equal data compare",
                       cell.label));
  }
  if (evidence.missing > 0 || !evidence.reason.empty()) return evidence;
  set_horizon(evidence);
  evidence.reason = reason_against_comparison(evidence, measure);
  return evidence;
}

}  // namespace normlab
