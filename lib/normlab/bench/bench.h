// normlab bench: everything measured, as tables and as JSON (docs/results-format.md).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/bench/kernel_bench.h"
#include "normlab/bench/scaling_bench.h"
#include "normlab/bench/step_bench.h"
#include "normlab/experiment/config/json.h"

namespace normlab::bench {

struct BenchOptions {
  bool kernels = true, steps = true, scaling = true;
  std::string filter;    // only what has this in its name; "" is everything
  double seconds = 0.3;  // for each figure
  bool limits = true;    // false: steps are timed only, which saves the seconds that their limits take
};

struct BenchResult {
  std::optional<Limits> limits;
  std::vector<KernelResult> kernels;
  std::vector<StepResult> steps;
  std::map<LoggedProduct, ProductTimes> products;  // of the steps
  std::map<LoggedConvolution, ProductTimes> convolutions;
  std::vector<Growth> growths;
  std::vector<SweepPoint> sweeps;
  double core_taken = 0;  // by other processes, while one thread was measured: a fraction
};

// Measures on one thread, which it pins to a core; the sweeps at the end use all cores. `progress` is told
// what comes next. RequestError when `filter` matches nothing.
BenchResult run_bench(const BenchOptions& options, const std::function<void(std::string_view)>& progress);

Json to_json(const BenchResult& result);
std::string render_bench(const BenchResult& result);  // tables

// Why the figures may not be what they seem, one sentence each: the core was shared, or figures are uncertain
// by more than 5 %. Empty on a quiet machine.
std::vector<std::string> noise_warnings(const BenchResult& result);

}  // namespace normlab::bench
