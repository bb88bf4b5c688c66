#include "normlab/models/memory.h"

#include <algorithm>
#include <numeric>

#include "normlab/nn/norm_traits.h"

namespace normlab {
namespace {

double sum(const std::vector<Index>& sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), 0.0);
}

// Counts numbers, layer by layer.
class MemoryCount {
 public:
  MemoryCount(const NormSpec& norm, const GraphBatches& batches)
      : norm_(norm),
        training_graphs_(static_cast<double>(batches.training.size())),
        evaluation_graphs_(static_cast<double>(batches.evaluation.size())),
        training_samples_(sum(batches.training)),
        evaluation_samples_(sum(batches.evaluation)) {}

  // What follows counts so many times.
  void repeat(double times) { times_ = times; }

  // A value of a graph, by its size for one sample: data, and in training a gradient.
  void value(double size) { add_graph(size * (2 * training_samples_ + evaluation_samples_)); }
  // Kept by every graph, and by training graphs alone.
  void kept(double size) { add_graph(size * (training_samples_ + evaluation_samples_)); }
  void kept_in_training(double size) { add_graph(size * training_samples_); }
  // The same, of a size that does not depend on the batch.
  void fixed(double size) { add_graph(size * (training_graphs_ + evaluation_graphs_)); }
  void fixed_in_training(double size) { add_graph(size * training_graphs_); }

  void parameters(double size) { parameters_ += times_ * size; }
  void buffers(double size) { buffers_ += times_ * size; }
  // A weight matrix of `out` rows. Weight norm makes it anew from its direction in every graph.
  void weight(double out, double in, const NormSpec& norm) {
    parameters(out * in);
    if (!traits(norm.kind).on_weights) return;
    parameters(out);
    fixed(out * in);
    fixed_in_training(out * in);
  }
  // Gain, bias and statistics of a layer with that many channels.
  void channels(double size) {
    const NormTraits& t = traits(norm_.kind);
    if (t.statistics == Statistics::learned) parameters(1);
    parameters(((learns_gain(norm_) ? 1 : 0) + (learns_bias(norm_) ? 1 : 0)) * size);
    if (t.statistics == Statistics::channel) buffers(2 * size);
    fixed(3 * size);
  }

  // An operation's and its tensors' bookkeeping, in every graph: measured with layers of one unit.
  void layer_overhead(double graph_bytes, double parameter_bytes) {
    overhead_bytes_ += times_ * (graph_bytes * (training_graphs_ + evaluation_graphs_) + parameter_bytes);
  }

  double bytes(const OptimizerSpec& optimizer) const {
    const bool adam = optimizer.kind == OptimizerKind::adam || optimizer.kind == OptimizerKind::adamw;
    const double moments = adam ? 2 : optimizer.kind == OptimizerKind::momentum ? 1 : 0;
    return sizeof(float) * (parameters_ * (2 + moments) + buffers_ + graphs_) + overhead_bytes_;
  }
  const NormSpec& norm() const { return norm_; }

 private:
  void add_graph(double numbers) { graphs_ += times_ * numbers; }

  const NormSpec norm_;
  double training_graphs_, evaluation_graphs_, training_samples_, evaluation_samples_;
  double times_ = 1, parameters_ = 0, buffers_ = 0, graphs_ = 0, overhead_bytes_ = 0;
};

void count_dense(MemoryCount& count, double in, double out) {
  count.weight(out, in, count.norm());
  count.channels(out);
  count.value(2 * out);  // the summed inputs and what the norm makes of them
  count.layer_overhead(6000, 2400);
}

// `rows` for each sample.
void count_output(MemoryCount& count, double rows, double in, double classes) {
  count.parameters(classes * (in + 1));
  count.value(2 * rows * classes);
  count.kept(rows);  // labels
}

void count_mlp(MemoryCount& count, const ModelSpec& model, const TaskShape& task) {
  const ImageShape& image = task.images();
  double width = static_cast<double>(image.height) * static_cast<double>(image.width);
  count.kept(width);
  for (const Index out : model.hidden) {
    count_dense(count, width, static_cast<double>(out));
    width = static_cast<double>(out);
  }
  count_output(count, 1, width, static_cast<double>(task.outputs));
}

// A 3x3 convolution of images of that many positions, with its normalization; the last of a block pools.
void count_convolution(MemoryCount& count, double in, double out, double positions, double pooled) {
  const double weights = 9 * in * out;
  count.weight(out, 9 * in, count.norm());
  count.fixed(weights);                  // in oneDNN's order
  count.fixed_in_training(2 * weights);  // for the two products of the backward pass
  count.channels(out);
  if (pooled > 0) {
    count.kept(positions * out);  // its gradient takes its place
    // Dynamic tanh writes what is then pooled.
    if (traits(count.norm().kind).statistics == Statistics::learned) count.value(positions * out);
    count.value(pooled * out);
    count.kept_in_training(pooled * out);
    count.kept(6 * out);
  } else {
    count.value(2 * positions * out);
  }
  count.layer_overhead(8000, 2400);
}

void count_cnn(MemoryCount& count, const ModelSpec& model, const TaskShape& task) {
  Index height = task.images().height, width = task.images().width;
  double channels = 1;
  const auto positions = [&] { return static_cast<double>(height) * static_cast<double>(width); };
  count.kept(positions());
  for (const std::vector<Index>& block : model.blocks) {
    const double before = positions();
    height /= 2;
    width /= 2;
    for (std::size_t i = 0; i < block.size(); ++i) {
      const auto out = static_cast<double>(block[i]);
      count_convolution(count, channels, out, before, i + 1 == block.size() ? positions() : 0);
      channels = out;
    }
  }
  double features = positions() * channels;
  count.value(features);  // in PyTorch's order
  for (const Index out : model.dense) {
    count_dense(count, features, static_cast<double>(out));
    features = static_cast<double>(out);
  }
  count_output(count, 1, features, static_cast<double>(task.outputs));
}

struct CellSizes {
  double gates;
  bool apart;          // W_ih x and W_hh h are kept as two tensors
  double kept_gates;   // further gates kept for each time step, in training
  double kept_states;  // states beside the hidden one, likewise
};

CellSizes cell_sizes(ModelKind kind, Norm norm) {
  const bool plain = !traits(norm).normalizes();
  if (kind == ModelKind::lstm) return {4, !plain, plain ? 0.0 : 4.0, 2};
  if (kind == ModelKind::gru) return {3, true, plain ? 0.0 : 4.0, 0};
  return {1, traits(norm).statistics == Statistics::channel, 0, 0};
}

// One direction of a layer that reads `in` numbers in each of `steps` time steps.
void count_cell(MemoryCount& count, const ModelSpec& model, double steps, double in) {
  const auto hidden = static_cast<double>(model.hidden_size);
  const CellSizes cell = cell_sizes(model.kind, count.norm().kind);
  const double width = cell.gates * hidden;
  count.weight(width, in, count.norm());
  count.weight(width, hidden, count.norm());
  count.parameters(2 * width);
  count.fixed(width * hidden);              // packed for the recurrent product
  count.fixed_in_training(width * hidden);  // and for its gradient
  count.value(steps * hidden);
  count.kept(steps * width);
  if (cell.apart) count.kept_in_training(steps * width);
  count.kept_in_training(steps * (cell.kept_gates + cell.kept_states) * hidden);
  count.kept(3 * hidden);
  if (traits(count.norm().kind).statistics == Statistics::channel) {
    const double columns = 2 * width + (model.kind == ModelKind::lstm ? hidden : 0);
    count.buffers(2 * steps * columns);
    count.fixed_in_training(3 * steps * columns);
  }
  // Gradients of the summed inputs: of a chunk of steps, or of all where the weights are large.
  constexpr double chunk_rows = 128, cache_bytes = 1 << 20;
  if (width * hidden * sizeof(float) > cache_bytes) {
    count.kept_in_training(steps * width * (cell.apart ? 2 : 1));
  } else {
    count.fixed_in_training(chunk_rows * width * (cell.apart ? 2 : 1));
  }
  count.layer_overhead(50000, 2500);
}

struct SequenceSize {
  double steps, in;  // numbers of a time step
};

// What the first layer reads.
SequenceSize count_sequence(MemoryCount& count, const ModelSpec& model, const TaskShape& task) {
  if (task.task->reads(input::tokens)) {
    const auto steps = static_cast<double>(model.window), in = static_cast<double>(model.embedding);
    count.parameters(in * static_cast<double>(task.tokens().vocabulary));
    count.value(steps * in);
    count.kept(steps);  // the tokens
    return {steps, in};
  }
  const auto height = static_cast<double>(task.images().height),
             width = static_cast<double>(task.images().width);
  count.kept(height * width);
  return model.input == SequenceInput::rows ? SequenceSize{height, width} : SequenceSize{height * width, 1};
}

void count_recurrent(MemoryCount& count, const ModelSpec& model, const TaskShape& task) {
  const double directions = model.bidirectional ? 2 : 1;
  const double width = directions * static_cast<double>(model.hidden_size);
  const bool streams = task.task->samples == Samples::streams;
  const auto [steps, in] = count_sequence(count, model, task);
  count.repeat(directions);
  count_cell(count, model, steps, in);
  const auto further = static_cast<double>(model.layers - 1);
  count.repeat(directions * further);
  count_cell(count, model, steps, width);
  count.repeat(model.bidirectional ? further : 0);
  count.value(steps * width);  // both directions side by side
  count.repeat(1);
  if (!streams) count.value(width);
  count_output(count, streams ? steps : 1, width, static_cast<double>(task.outputs));
}

}  // namespace

double model_memory(const ModelSpec& model, const NormSpec& norm, const OptimizerSpec& optimizer,
                    const TaskShape& task, const GraphBatches& batches) {
  MemoryCount count(norm, batches);
  if (is_recurrent(model.kind)) {
    count_recurrent(count, model, task);
  } else if (model.kind == ModelKind::cnn) {
    count_cnn(count, model, task);
  } else {
    count_mlp(count, model, task);
  }
  return count.bytes(optimizer);
}

}  // namespace normlab
