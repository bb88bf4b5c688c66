// How a model says what memory its network takes: in numbers, layer by layer.
#pragma once

#include <vector>

#include "normlab/nn/norm/norm_spec.h"
#include "normlab/optim/optimizer_spec.h"

namespace normlab {

// The batch sizes that graphs are recorded for.
struct GraphBatches {
  std::vector<Index> training, evaluation;
};

class MemoryCount {
 public:
  MemoryCount(const NormSpec& norm, const GraphBatches& batches);

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
  void weight(double out, double in);
  // Gain, bias and statistics of a layer with that many channels.
  void channels(double size);
  // Bias and activation before the norm, where norm.position puts it after them.
  void activation_before_norm(double channels, double positions);
  // A layer of add_dense_layers(), and add_output_layer() of models/dense.h; `rows` for each sample.
  void dense(double in, double out);
  // add_dropout() of nn/dropout.h of a value of that size for one sample.
  void dropout(double rate, double size);
  void output(double rows, double in, double classes);

  // An operation's and its tensors' bookkeeping, in every graph: measured with layers of one unit.
  void layer_overhead(double graph_bytes, double parameter_bytes) {
    overhead_bytes_ += times_ * (graph_bytes * (training_graphs_ + evaluation_graphs_) + parameter_bytes);
  }

  double bytes(const OptimizerSpec& optimizer) const;
  const NormSpec& norm() const { return norm_; }

 private:
  void add_graph(double numbers) { graphs_ += times_ * numbers; }

  NormSpec norm_;
  double training_graphs_, evaluation_graphs_, training_samples_, evaluation_samples_;
  double times_ = 1, parameters_ = 0, buffers_ = 0, graphs_ = 0, overhead_bytes_ = 0;
};

}  // namespace normlab
