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
                               const std::function<void(std::string_view)>& tell,
                               const std::function<double(Index)>& round) {
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
  for (Index number = 1; number <= effort.rounds; ++number) {
    record.core_taken.push_back(round(number));
    if (number % told_rounds != 0) continue;
    const double seconds = monotonic_seconds() - begin;
    const double left = seconds / static_cast<double>(number) * static_cast<double>(effort.rounds - number);
    tell(fmt::format("round {} of {}, about {:.0f} s left", number, effort.rounds, left));
  }
  record.elapsed_seconds = monotonic_seconds() - begin;
  record.cores_busy = watch.busy_cores();
  record.problems = cores.problems();
  return record;
}

}  // namespace normlab::bench
