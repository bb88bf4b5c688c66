// "validation.error<=0.12": the condition that counts as converged.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/tasks/metric.h"

namespace normlab {

enum class Split { train, validation };

struct Target {
  Split split = Split::validation;
  Metric metric;
  std::size_t place = 0;  // of the metric among those of the task
  double threshold = 0;

  // Whether the metric is as good as the threshold, or better.
  bool reached(const MetricValues& train, const MetricValues& validation) const;
  std::string text() const;  // canonical form, "validation.error<=0.12"
};

// Parses "SPLIT.METRIC<=NUMBER", or "SPLIT.METRIC>=NUMBER" where higher is better; blanks are allowed around
// the parts. `metrics` are those of the task. Throws RequestError naming `target`.
Target parse_target(std::string_view text, const std::vector<Metric>& metrics);

}  // namespace normlab
