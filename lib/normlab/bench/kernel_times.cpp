#include "normlab/bench/kernel_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "normlab/bench/norm_step.h"
#include "normlab/core/parallel.h"
#include "normlab/core/process.h"
#include "normlab/nn/norm/norm_traits.h"

namespace normlab::bench {
namespace {

// What a turn of a kernel found.
struct KernelTurn {
  std::vector<double> call_seconds;
  Index calls = 0;
  double wall = 0, cpu = 0;  // of these calls
};

std::function<void()> pass_of(NormStep& step, const std::string& pass) {
  if (pass == "forward") return [&step] { step.forward(); };
  if (pass == "backward") return [&step] { step.backward(); };
  return [&step] {
    step.forward();
    step.backward();
  };
}

// Samples of `repeats` calls each, until at least so many have been taken, and so many seconds have passed.
KernelTurn take_samples(const std::function<void()>& call, Index repeats, std::size_t least, double seconds) {
  KernelTurn turn;
  const double cpu = thread_cpu_seconds();
  while (turn.call_seconds.size() < least || turn.wall < seconds) {
    const double begin = monotonic_seconds();
    for (Index i = 0; i < repeats; ++i) call();
    const double took = monotonic_seconds() - begin;
    turn.wall += took;
    turn.calls += repeats;
    turn.call_seconds.push_back(took / static_cast<double>(repeats));
  }
  turn.cpu = thread_cpu_seconds() - cpu;
  return turn;
}

KernelTurn take_kernel_turn(const TimedKernel& kernel, const CellEffort& effort) {
  constexpr double shortest_sample = 1e-4;  // what the clock itself takes is next to nothing of it
  const auto norm = std::ranges::find(norm_names(), kernel.norm) - norm_names().begin();
  NormStep step(all_norms()[static_cast<std::size_t>(norm)], kernel.rows, 1, kernel.features);
  step.forward();  // whose statistics a backward pass by itself reads
  const std::function<void()> call = pass_of(step, kernel.pass);
  const KernelTurn warm = take_samples(call, 1, 3, effort.warm_up_seconds);
  const double once = std::max(middle_of(warm.call_seconds), 1e-8);
  const auto repeats = std::max<Index>(1, static_cast<Index>(std::ceil(shortest_sample / once)));
  return take_samples(call, repeats, 5, effort.turn_seconds);
}

}  // namespace

KernelTimesRecord measure_kernels(const std::string& what, const std::vector<TimedKernel>& kernels,
                                  const CellEffort& effort,
                                  const std::function<void(std::string_view)>& tell) {
  KernelTimesRecord record{.file = {}, .sha256 = {}, .rounds = {}, .kernels = {}};
  record.kernels.reserve(kernels.size());
  for (const TimedKernel& kernel : kernels) record.kernels.push_back({.kernel = kernel, .round_seconds = {}});
  set_thread_count(1);
  flush_subnormals();
  std::vector<KernelTurn> turns(kernels.size());
  const auto measure = [&](Index number) {
    double wall = 0, cpu = 0;
    for (const std::size_t i : turn_order(kernels.size(), effort.order_seed, number)) {
      turns[i] = take_kernel_turn(kernels[i], effort);
      wall += turns[i].wall;
      cpu += turns[i].cpu;
    }
    return std::clamp(1 - cpu / wall, 0.0, 1.0);
  };
  const auto keep = [&] {
    for (std::size_t i = 0; i < kernels.size(); ++i) {
      record.kernels[i].calls += turns[i].calls;
      record.kernels[i].round_seconds.push_back(middle_of(turns[i].call_seconds));
    }
  };
  record.rounds = measure_rounds({.what = what, .times = fmt::format("{} kernels", kernels.size())}, effort,
                                 tell, {.measure = measure, .keep = keep});
  return record;
}

}  // namespace normlab::bench
