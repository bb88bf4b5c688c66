#include "normlab/train/network.h"

#include "normlab/nn/recurrent.h"

namespace normlab {

Metrics mean(const ClassificationSums& sums) {
  const double count = static_cast<double>(std::max<Index>(sums.count, 1));
  return {.loss = sums.loss / count, .error = static_cast<double>(sums.errors) / count};
}

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

Metrics Network::evaluate(BatchSource& source) {
  reset_carried_state(parameters_, Mode::evaluation);
  ClassificationSums sums;
  for (Index batch = 0; batch < source.batches(); ++batch) {
    ModelGraph<float>& model = graph(source.batch_size(batch), Mode::evaluation);
    source.assemble(batch, model);
    model.graph.forward();
    sums += model.loss->sums();
  }
  return mean(sums);
}

}  // namespace normlab
