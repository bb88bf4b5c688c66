#include "normlab/train/mode_comparison.h"

namespace normlab {
namespace {

RunConfig without_dropout(RunConfig config) {
  config.model->drop_nothing();
  return config;
}

}  // namespace

ModeComparison::ModeComparison(const RunConfig& config, const TaskShape& shape, BatchSource& source)
    : network_(without_dropout(config), shape), source_(source) {
  network_.prepare(source, Mode::training);
  network_.prepare(source, Mode::evaluation);
}

ModeMetrics ModeComparison::measure(const Parameters<float>& parameters) {
  Parameters<float>& own = network_.parameters();
  for (std::size_t i = 0; i < own.parameters().size(); ++i)
    own.parameters()[i].data.copy_from(parameters.parameters()[i].data);
  for (std::size_t i = 0; i < own.buffers().size(); ++i)
    own.buffers()[i].data.copy_from(parameters.buffers()[i].data);
  // In this order, since training moves the running statistics.
  ModeMetrics metrics;
  metrics.evaluation = network_.evaluate(source_, Mode::evaluation);
  metrics.training = network_.evaluate(source_, Mode::training);
  return metrics;
}

}  // namespace normlab
