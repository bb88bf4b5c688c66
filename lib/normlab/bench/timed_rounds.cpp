#include "normlab/bench/timed_rounds.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "normlab/bench/quiet_cores.h"
#include "normlab/core/process.h"
#include "normlab/core/random.h"
#include "normlab/experiment/run/environment.h"

namespace normlab::bench {

std::vector<std::size_t> turn_order(std::size_t turns, std::uint64_t seed, Index round) {
  std::vector<std::size_t> order(turns);
  std::iota(order.begin(), order.end(), std::size_t{0});
  Random random(seed, hash_name(fmt::format("turns of round {}", round)));
  for (std::size_t left = turns; left > 1; --left) std::swap(order[left - 1], order[random.below(left)]);
  return order;
}

double middle_of(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

StepTimesRecord measure_rounds(const RoundsRequest& request, const CellEffort& effort,
                               const std::function<void(std::string_view)>& tell, const Round& round) {
  const QuietCores cores(request.threads, "normlab time " + request.what, tell);
  const MachineWatch watch;
  const double begin = monotonic_seconds();
  StepTimesRecord record{.name = request.what,
                         .started = utc_time(0),
                         .environment = to_json(describe_environment(request.threads, {cores.pinned(), 1})),
                         .rounds = effort.rounds,
                         .order_seed = effort.order_seed,
                         .cells = {}};
  tell(fmt::format("measuring {} in {} rounds", request.times, effort.rounds));
  const Index told_rounds = (effort.rounds + 14) / 15;
  Index kept = 0;
  while (kept < effort.rounds) {
    const double taken = round.measure(kept + record.rounds_repeated + 1);
    if (taken > disturbed_round && record.rounds_repeated < effort.rounds) {
      ++record.rounds_repeated;
      continue;
    }
    round.keep();
    record.core_taken.push_back(taken);
    if (++kept % told_rounds != 0) continue;
    const double seconds = monotonic_seconds() - begin;
    const double left = seconds / static_cast<double>(kept) * static_cast<double>(effort.rounds - kept);
    tell(fmt::format("round {} of {}, about {:.0f} s left", kept, effort.rounds, left));
  }
  if (record.rounds_repeated > 0) {
    tell(fmt::format("measured again were rounds in which others had more than {:.0f} % of the core: {}",
                     100 * disturbed_round, record.rounds_repeated));
  }
  record.elapsed_seconds = monotonic_seconds() - begin;
  record.cores_busy = watch.busy_cores();
  record.problems = cores.problems();
  return record;
}

}  // namespace normlab::bench
