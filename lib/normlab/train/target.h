// "validation.error<=0.12 for 2": the condition that counts as converged.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/core/tensor.h"
#include "normlab/tasks/metric.h"

namespace normlab {

enum class Split { train, validation };

struct Target {
  Split split = Split::validation;
  Metric metric;
  std::size_t place = 0;  // of the metric among those of the task
  double threshold = 0;
  Index hold = 1;  // how many evaluations in a row it has to hold at

  // Whether the metric is as good as the threshold, or better.
  bool holds(double value) const;
  bool holds(const MetricValues& train, const MetricValues& validation) const;
  std::string text() const;  // canonical form, "validation.error<=0.12", or "validation.error<=0.12 for 2"
};

// Parses "SPLIT.METRIC<=NUMBER", or "SPLIT.METRIC>=NUMBER" where higher is better, and behind it "for COUNT";
// blanks are allowed around the parts. `metrics` are those of the task. Throws RequestError naming `target`.
Target parse_target(std::string_view text, const std::vector<Metric>& metrics);

}  // namespace normlab
