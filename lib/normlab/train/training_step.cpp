#include "normlab/train/training_step.h"

#include <cmath>

#include "normlab/core/section_clock.h"

namespace normlab {

bool TrainingStep::operator()(const BatchSource& source, Index batch, double learning_rate) {
  graph_ = &network_.graph(source.batch_size(batch), Mode::training);
  {
    const SectionScope section(Section::data);
    source.assemble(batch, graph_->buffers);
  }
  network_.parameters().set_step(optimizer_.steps());
  graph_->graph.forward();
  sums_.clear();
  graph_->loss->add_to(sums_);
  if (!(sums_.mean_loss() <= network_.task().exploded_loss)) return false;  // also when it is not a number
  graph_->graph.backward();
  const SectionScope section(Section::optimizer);
  const std::optional<double> scale = gradient_scale();
  if (scale) optimizer_.step(learning_rate, *scale);
  return scale.has_value();
}

std::optional<double> TrainingStep::gradient_scale() const {
  if (clip_gradient_norm_ <= 0) return 1;
  const double norm = gradient_norm(network_.parameters());
  if (!std::isfinite(norm)) return std::nullopt;
  return std::min(1.0, clip_gradient_norm_ / (norm + 1e-6));
}

}  // namespace normlab
