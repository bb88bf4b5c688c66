#include "normlab/claims/claim_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/log.h"
#include "normlab/core/text.h"
#include "normlab/experiment/config/config_json.h"
#include "normlab/records/run_id.h"

namespace normlab {
namespace {

std::set<std::string> cells_of_side(const std::vector<const SweepRun*>& runs) {
  std::set<std::string> cells;
  for (const SweepRun* run : runs) cells.insert(cell_of_config(to_json(run->config)));
  return cells;
}

// Of a cell that was to be measured and could not be.
std::string reason_of(const StepTimesRecord& times, const std::string& cell) {
  const auto found = std::ranges::find(times.cells, cell, &CellTimes::cell);
  return found == times.cells.end() || found->reason.empty() ? ""
                                                             : fmt::format("{}: {}", cell, found->reason);
}

}  // namespace

std::optional<StepTimesRecord> read_step_times(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "times.json";
  if (!is_file(file)) return std::nullopt;
  try {
    return load_step_times(file, "results");
  } catch (const RequestError& error) {
    log_warning(fmt::format("{} is passed over: {}", shortened(file.string()), error.what()));
    return std::nullopt;
  }
}

TimedSides timed_sides(const ClaimCell& cell, const std::optional<StepTimesRecord>& times) {
  TimedSides sides;
  const std::set<std::string> first = cells_of_side(cell.first), second = cells_of_side(cell.second);
  if (first.size() != 1 || second.size() != 1) {
    sides.reason = "runs of one side take steps of several durations";
    return sides;
  }
  if (!times) return sides;
  for (const std::string& name : {*first.begin(), *second.begin()}) {
    if (sides.reason.empty()) sides.reason = reason_of(*times, name);
  }
  const CellTimes* a = find_cell(*times, *first.begin());
  const CellTimes* b = find_cell(*times, *second.begin());
  if (a == nullptr || b == nullptr) return sides;
  sides.ratios = round_ratios(*a, *b);
  sides.second_seconds = step_seconds(*b).median;
  return sides;
}

}  // namespace normlab
