#include "normlab/bench/bench.h"

#include <fmt/format.h>

#include <algorithm>

#include "normlab/core/error.h"
#include "normlab/core/parallel.h"
#include "normlab/core/process.h"
#include "normlab/experiment/process/cores.h"
#include "normlab/experiment/run/environment.h"

namespace normlab::bench {
namespace {

constexpr double shared_core = 0.03;  // fraction of its core that the process may miss before we warn
const std::string sweep_name = "sweep";
constexpr double unsure_figure = 0.05;  // half an interval's width over the median

// The names of everything that the parts asked for would measure.
std::vector<std::string> names(const BenchOptions& options) {
  std::vector<std::string> names;
  const auto add = [&](const std::vector<std::string>& more) {
    names.insert(names.end(), more.begin(), more.end());
  };
  if (options.kernels) add(kernel_names());
  if (options.scaling) add(growth_names());
  if (options.scaling) add({sweep_name});
  if (!options.steps) return names;
  for (const StepCase& c : all_step_cases()) names.push_back(c.name());
  return names;
}

bool wanted(const std::string& name, const BenchOptions& options) {
  return name.find(options.filter) != std::string::npos;
}

void require_something(const BenchOptions& options) {
  for (const std::string& name : names(options)) {
    if (wanted(name, options)) return;
  }
  refuse("filter", options.filter, "a part of the name of something that is measured is");
}

std::vector<StepCase> wanted_steps(const BenchOptions& options) {
  std::vector<StepCase> cases;
  if (!options.steps) return cases;
  for (StepCase& c : all_step_cases()) {
    if (wanted(c.name(), options)) cases.push_back(std::move(c));
  }
  return cases;
}

void measure_single_threaded(BenchResult& result, const BenchOptions& options,
                             const std::vector<StepCase>& steps,
                             const std::function<void(std::string_view)>& progress) {
  const PinnedToCore pinned;
  const NoiseWatch watch;
  const Effort effort{.seconds = options.seconds};
  if (options.limits) {
    progress("the limits of this machine");
    result.limits = measure_limits(effort);
  }
  if (options.kernels) {
    progress("kernels");
    result.kernels = bench_kernels(options.filter, effort);
  }
  if (!steps.empty()) {
    ProductBench products(Effort{.seconds = options.seconds / 5});
    progress(fmt::format("{} training steps", steps.size()));
    result.steps = bench_steps(steps, result.limits, products, effort,
                               [&](const StepResult& step) { progress(step.step.name()); });
    result.products = products.products();
    result.convolutions = products.convolutions();
  }
  if (options.scaling) {
    progress("how cost grows");
    result.growths = bench_growth(options.filter, effort);
  }
  result.core_taken = watch.taken();
}

template <class Visit>
void for_each_figure(const BenchResult& result, const Visit& visit) {
  for (const KernelResult& kernel : result.kernels) {
    visit(kernel.forward.seconds);
    if (kernel.backward) visit(kernel.backward->seconds);
  }
  for (const StepResult& step : result.steps) visit(step.seconds);
  for (const Growth& growth : result.growths) {
    for (const GrowthPoint& point : growth.points) visit(point.seconds);
  }
}

}  // namespace

BenchResult run_bench(const BenchOptions& options, const std::function<void(std::string_view)>& progress) {
  require_something(options);
  set_thread_count(1);
  flush_subnormals();
  BenchResult result;
  measure_single_threaded(result, options, wanted_steps(options), progress);
  if (options.scaling && wanted(sweep_name, options)) {
    progress("sweeps");
    result.sweeps = bench_sweeps(static_cast<int>(available_cores().size()), 3);
  }
  return result;
}

std::vector<std::string> noise_warnings(const BenchResult& result) {
  std::vector<std::string> warnings;
  if (result.core_taken > shared_core) {
    warnings.push_back(
        fmt::format("other processes took {:.0f} % of the core that was measured; compare ratios, not times, "
                    "or measure again when the machine is quiet",
                    100 * result.core_taken));
  }
  for (const SweepPoint& point : result.sweeps) {
    if (point.throughput.median <= 1.05 * point.jobs * point.threads) continue;
    warnings.push_back(fmt::format(
        "{} sweeps got {:.1f} times faster on {} cores, which cannot be: other processes took part of the "
        "cores; measure them again when the machine is quiet",
        point.model, point.throughput.median, point.jobs * point.threads));
  }
  Index figures = 0, unsure = 0;
  double worst = 0;
  for_each_figure(result, [&](const Figure& figure) {
    ++figures;
    unsure += figure.uncertainty() > unsure_figure ? 1 : 0;
    worst = std::max(worst, figure.uncertainty());
  });
  if (unsure > 0) {
    warnings.push_back(fmt::format(
        "{} of {} times are uncertain by more than {:.0f} %, the worst by {:.1f} %; a longer --seconds "
        "narrows them",
        unsure, figures, 100 * unsure_figure, 100 * worst));
  }
  return warnings;
}

}  // namespace normlab::bench
