// The loss of tasks that choose one of several classes: softmax cross-entropy in nats
// (kernels/softmax_cross_entropy.h), and how often the likeliest class is wrong.
#pragma once

#include "normlab/tasks/task.h"

namespace normlab {

// Reads the labels under the name input::labels.
std::tuple<LossAdder<float>, LossAdder<double>> cross_entropy();

// What it adds up, and the metrics that follow.
std::vector<SumSpec> cross_entropy_sums();
std::vector<Metric> cross_entropy_metrics();  // loss, error
MetricValues cross_entropy_values(const MetricSums& sums);

// Guessing costs log(classes), and a network that is certain and wrong on every sample would have logits this
// far apart.
inline constexpr double exploded_cross_entropy = 1e6;

}  // namespace normlab
