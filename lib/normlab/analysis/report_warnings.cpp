#include "normlab/analysis/report_warnings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "normlab/analysis/texts.h"
#include "normlab/core/text.h"
#include "normlab/records/vocabulary.h"

namespace normlab {
namespace {

using Warnings = std::vector<std::string>;

void warn_of_missing(Warnings& warnings, const SweepRecords& sweep) {
  const auto count = [&](std::string_view status) {
    return std::count_if(sweep.runs.begin(), sweep.runs.end(),
                         [&](const RunRecord& run) { return run.status == status; });
  };
  const auto total = sweep.runs.size();
  if (total == 0) warnings.emplace_back("no run has ended yet");
  std::set<std::string_view> absent(sweep.expected.begin(), sweep.expected.end());
  for (const RunRecord& run : sweep.runs) absent.erase(run.id);
  if (total > 0 && !absent.empty()) {
    warnings.push_back(
        fmt::format("{} of {} runs have no record yet; the same sweep command goes on with them",
                    absent.size(), sweep.expected.size()));
  }
  if (const auto unfinished = count(status::interrupted); unfinished > 0) {
    warnings.push_back(fmt::format("{} of {} runs are unfinished; the same sweep command continues them",
                                   unfinished, total));
  }
  if (const auto failed = count(status::failed); failed > 0) {
    warnings.push_back(fmt::format(
        "{} of {} runs failed and count in no median; the same sweep command retries them", failed, total));
  }
}

// Data sets of one name that were not the same files.
void warn_of_data(Warnings& warnings, const SweepRecords& sweep) {
  std::map<std::string, std::set<std::string>> checksums;
  for (const RunRecord& run : sweep.runs) {
    if (!run.data_checksum.empty())
      checksums[dataset_text(*run.settings)].insert(shortened(run.data_checksum));
  }
  for (const auto& [dataset, found] : checksums) {
    if (found.size() < 2) continue;
    warnings.push_back(fmt::format(
        "runs on {} were given different data, so they do not compare: files with the checksums {}",
        shortened(dataset), fmt::join(found, ", ")));
  }
}

void warn_of_differences(Warnings& warnings, const Report& report) {
  if (report.machines.size() > 1) {
    warnings.push_back(fmt::format(
        "records come from different machines or thread counts, so their times do not compare: {}",
        fmt::join(report.machines, "; ")));
  }
  if (report.versions.size() > 1) {
    warnings.push_back(
        fmt::format("records come from different versions: {}", fmt::join(report.versions, "; ")));
  }
}

}  // namespace

std::vector<std::string> warnings_of(const Report& report, const SweepRecords& sweep) {
  Warnings warnings = sweep.warnings;
  warn_of_missing(warnings, sweep);
  warn_of_differences(warnings, report);
  warn_of_data(warnings, sweep);
  std::ranges::move(step_times_warnings(sweep), std::back_inserter(warnings));
  return warnings;
}

}  // namespace normlab
