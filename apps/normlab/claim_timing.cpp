#include "claim_timing.h"

#include <fmt/format.h>

#include "normlab/bench/kernel_times.h"
#include "normlab/claims/claim_times.h"
#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/log.h"
#include "normlab/core/writable_folder.h"
#include "normlab/experiment/process/stop_signals.h"
#include "timing.h"

namespace {

using normlab::PlannedExperiment;
using normlab::bench::Cell;

// An odd number, whose median is a measurement. The interval of a ratio at the level of one claim among
// twenty is then still that of the 10th to the 22nd of the rounds, not their range.
constexpr normlab::bench::CellEffort claims_effort{.rounds = 31};

// Measured again where something is missing alone, whatever the machine and the versions: who looks at a
// verdict first and measures again then chooses among verdicts.
bool has_all_cells(const PlannedExperiment& experiment, const std::vector<Cell>& cells) {
  const auto times = normlab::read_step_times(experiment.folder);
  return times && has_all_of(*times, cells);
}

}  // namespace

bool takes_threads(const PlannedExperiment& experiment) {
  return takes_threads(normlab::bench::cells_of(experiment.runs));
}

void require_place_for_times(const normlab::ClaimsPlan& plan) {
  for (std::size_t i = 0; i < plan.experiments.size(); ++i) {
    const PlannedExperiment& experiment = plan.experiments[i];
    const std::vector<Cell> cells = normlab::bench::cells_of(experiment.runs);
    if (!experiment.searched || !needs_step_times(plan, i) || has_all_cells(experiment, cells)) continue;
    require_usable_for_times(experiment.folder, cells);
  }
  for (const normlab::PlannedKernels& kernels : plan.kernels)
    normlab::require_room_for_folder(kernels.times.parent_path(), "out");
}

void measure_experiment(const PlannedExperiment& experiment) {
  const std::vector<Cell> cells = normlab::bench::cells_of(experiment.runs);
  if (has_all_cells(experiment, cells)) return;
  measure_into_folder(cells, {experiment.spec.name, experiment.folder, claims_effort});
}

void measure_claimed_kernels(const normlab::ClaimsPlan& plan) {
  for (const normlab::PlannedKernels& planned : plan.kernels) {
    const auto missing = normlab::missing_kernels(normlab::read_kernel_times(planned.times), planned.pairs);
    if (missing.empty()) continue;
    normlab::require_writable_folder(planned.times.parent_path(), "out");
    const normlab::ClaimsFile& file = plan.files[planned.file];
    const std::string name = file.path.filename().string();
    normlab::KernelTimesRecord times = normlab::bench::measure_kernels(
        name, missing, claims_effort, [](std::string_view what) { normlab::log_info(what); });
    times.file = name;
    times.sha256 = file.sha256;
    const normlab::SignalsHeld held;
    normlab::write_whole(normlab::unused_kernel_times_file(planned.times),
                         normlab::to_json(times).dump(1) + "\n");
    for (const std::string& warning : normlab::noise_warnings(times.rounds)) normlab::log_warning(warning);
  }
}
