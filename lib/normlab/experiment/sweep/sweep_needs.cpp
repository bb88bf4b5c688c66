#include "normlab/experiment/sweep/sweep_needs.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "normlab/core/memory.h"
#include "normlab/experiment/config/config_json.h"
#include "normlab/train/data_source.h"
#include "normlab/train/requirements.h"
#include "normlab/train/trainer.h"

namespace normlab {
namespace {

// The sizes of data sets, each of which is loaded once.
class KnownSizes {
 public:
  const DataSize& of(const RunConfig& config) {
    // From the newest: neighbours in a sweep mostly have the same data.
    const auto known = std::find_if(sizes_.rbegin(), sizes_.rend(),
                                    [&](const auto& entry) { return entry.first == config.dataset; });
    if (known != sizes_.rend()) return known->second;
    return sizes_.emplace_back(config.dataset, load_data_size(config)).second;
  }

 private:
  std::deque<std::pair<DatasetSpec, DataSize>> sizes_;
};

// What matters to whether the parameters in a file fit.
std::string parameters_key(const RunConfig& config) {
  const Json json = to_json(config);
  Json key = Json::array();
  for (const char* setting : {"dataset", "model", "norm", "initial_parameters"}) key.push_back(json[setting]);
  return key.dump();
}

// Whatever the order in which the runs start, the largest may meet.
void require_memory_of(const std::vector<RunNeeds>& runs, int jobs) {
  if (runs.empty()) return;
  std::vector<double> needs;
  needs.reserve(runs.size());
  for (const RunNeeds& run : runs) needs.push_back(run.memory);
  const auto available = available_memory();
  std::sort(needs.begin(), needs.end(), std::greater<>());
  require_memory(needs.front(), 1, available);
  const auto side_by_side = std::min(needs.size(), static_cast<std::size_t>(jobs));
  require_memory(
      std::accumulate(needs.begin(), needs.begin() + static_cast<std::ptrdiff_t>(side_by_side), 0.0),
      static_cast<int>(side_by_side), available);
}

}  // namespace

SweepNeeds check_runs_against_data(const std::vector<SweepRun>& runs, int jobs) {
  KnownSizes sizes;
  SweepNeeds needs;
  std::set<std::string> warned, parameters_checked;
  for (const SweepRun& run : runs) {
    RunNeeds& run_needs = needs.runs.emplace_back();
    if (run.undefined) continue;
    const DataSize& size = sizes.of(run.config);
    require_batches(run.config, size);
    require_first_step(run.config, size);
    run_needs = {memory_needed(run.config, size), evaluation_share(run.config, size), size.checksum,
                 last_step(run.config, size)};
    const auto warning = evaluation_warning(run.config, size);
    if (warning && warned.insert(*warning).second) needs.warnings.push_back(*warning);
    if (run.config.initial_parameters.empty()) continue;
    if (parameters_checked.insert(parameters_key(run.config)).second) check_against_data(run.config);
  }
  require_memory_of(needs.runs, jobs);
  return needs;
}

}  // namespace normlab
