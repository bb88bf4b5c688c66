#include "normlab/models/memory_count.h"

#include <numeric>

#include "normlab/nn/norm/norm_traits.h"

namespace normlab {
namespace {

double sum(const std::vector<Index>& sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), 0.0);
}

}  // namespace

MemoryCount::MemoryCount(const NormSpec& norm, const GraphBatches& batches)
    : norm_(norm),
      training_graphs_(static_cast<double>(batches.training.size())),
      evaluation_graphs_(static_cast<double>(batches.evaluation.size())),
      training_samples_(sum(batches.training)),
      evaluation_samples_(sum(batches.evaluation)) {}

void MemoryCount::weight(double out, double in) {
  parameters(out * in);
  if (!traits(norm_.kind).on_weights) return;
  parameters(out);
  fixed(out * in);
  fixed_in_training(out * in);
}

void MemoryCount::channels(double size) {
  const NormTraits& t = traits(norm_.kind);
  if (t.statistics == Statistics::learned) parameters(1);
  parameters(((learns_gain(norm_) ? 1 : 0) + (learns_bias(norm_) ? 1 : 0)) * size);
  if (t.statistics == Statistics::channel) buffers(2 * size);
  fixed(3 * size);
}

void MemoryCount::activation_before_norm(double channels, double positions) {
  if (!follows_activation(norm_)) return;
  parameters(channels);
  value(positions * channels);
  layer_overhead(2400, 1200);
}

void MemoryCount::dense(double in, double out) {
  weight(out, in);
  channels(out);
  activation_before_norm(out, 1);
  value(2 * out);  // the summed inputs and what the norm makes of them
  layer_overhead(6000, 2400);
}

void MemoryCount::dropout(double rate, double size) {
  if (rate == 0) return;
  kept_in_training(2 * size + size / 32);  // value, gradient, and a bit for each element
  fixed_in_training(250);                  // bookkeeping
}

void MemoryCount::output(double rows, double in, double classes) {
  parameters(classes * (in + 1));
  value(2 * rows * classes);
  kept(rows);  // labels
}

double MemoryCount::bytes(const OptimizerSpec& optimizer) const {
  const bool adam = optimizer.kind == OptimizerKind::adam || optimizer.kind == OptimizerKind::adamw;
  const double moments = adam ? 2 : optimizer.kind == OptimizerKind::momentum ? 1 : 0;
  return sizeof(float) * (parameters_ * (2 + moments) + buffers_ + graphs_) + overhead_bytes_;
}

}  // namespace normlab
