#include "normlab/train/network.h"

#include "normlab/nn/recurrent/recurrent.h"

namespace normlab {

Network::Network(const RunConfig& config, const TaskShape& shape)
    : model_(config.model), norm_(config.norm), shape_(shape), parameters_(config.init, config.seed) {}

void Network::prepare(const BatchSource& source, Mode mode) {
  for (Index batch = 0; batch < source.batches(); ++batch) graph(source.batch_size(batch), mode);
}

ModelGraph<float>& Network::graph(Index batch, Mode mode) {
  auto& graph = graphs_[{mode, batch}];
  if (graph == nullptr) graph = record_model(model_, norm_, shape_, batch, mode, parameters_);
  return *graph;
}

MetricValues Network::evaluate(BatchSource& source, Mode mode) {
  reset_carried_state(parameters_, mode);
  MetricSums sums(task().sums.size());
  for (Index batch = 0; batch < source.batches(); ++batch) {
    ModelGraph<float>& model = graph(source.batch_size(batch), mode);
    source.assemble(batch, model.buffers);
    model.graph.forward();
    model.loss->add_to(sums);
  }
  return task().values(sums);
}

}  // namespace normlab
