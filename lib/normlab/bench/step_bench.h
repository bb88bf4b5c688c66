// Training steps: how long they take, where the time goes, and how near they come to the machine's limits.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "normlab/bench/limits.h"
#include "normlab/bench/step_cases.h"
#include "normlab/core/section_clock.h"

namespace normlab::bench {

// The least a step could take: its products alone, each in the storage order that is fastest for its shape
// and with operands that are in the cache as far as they fit, and then what memory traffic cannot be avoided,
// at the rate at which data of that size can be copied. The traffic is that of nn/graph/graph.h for the
// operations, and for Adam 28 bytes a parameter (four numbers read, three written).
struct StepLimit {
  double product_seconds = 0;
  double traffic_seconds = 0;
  double seconds() const { return product_seconds + traffic_seconds; }
};

struct StepResult {
  StepCase step;
  Figure seconds;
  std::optional<Figure> of_none;  // this / the step without normalization, when that was measured too
  // Seconds by Section, scaled to add up to the median. The fused pass of a normalized recurrent cell is
  // split: what the plain cell's takes in the same run counts as element-wise, the rest as normalization.
  std::array<double, section_count> sections{};
  std::optional<StepLimit> limit;
  double of_limit() const { return limit->seconds() / seconds.median; }  // 1: at the limit
  ProductLog products;  // of one step, with the times that they take within it
};

// Measures the cases of a group interleaved. `done` is called after each group. Without `limits` nothing is
// compared with them, and no product is measured.
std::vector<StepResult> bench_steps(const std::vector<StepCase>& cases, const std::optional<Limits>& limits,
                                    ProductBench& products, const Effort& effort,
                                    const std::function<void(const StepResult&)>& done);

}  // namespace normlab::bench
