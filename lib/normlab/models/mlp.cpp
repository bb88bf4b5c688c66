#include "normlab/models/mlp.h"

#include "normlab/models/model_type.h"

namespace normlab {

void Mlp::visit_settings(SettingVisitor& visitor, const Task&) {
  visitor.sizes({.key = "hidden", .meaning = "sizes of the hidden layers"}, hidden, /*may_be_empty=*/false);
  visit_activation(visitor, activation);
  visit_dropout(visitor, dropout);
}

std::map<std::string, Mlp> Mlp::presets() const {
  // The 784-1000-1000-10 network of Ba, Kiros and Hinton 2016, section 6.6.
  return {{"paper", {.hidden = {1000, 1000}}}};
}

std::optional<std::string> Mlp::undefined_reason(const NormSpec& norm, Index batch) const {
  auto reason = normlab::undefined_reason(layers(), norm, batch);
  if (reason) *reason = "norm on the mlp's hidden layers: " + *reason;
  return reason;
}

template <class T>
Value<T>& Mlp::record(const NormSpec& norm, const TaskShape& task, ModelGraph<T>& out,
                      Parameters<T>& parameters) const {
  const ImageShape& image = task.images();
  Value<T>* x = &out.graph.input({out.batch, image.height * image.width});
  out.buffers.add_images(input::images, *x, ImageLayout::flat);
  x = &add_dense_layers(out.graph, parameters, layers(), *x, norm);
  return add_output_layer(out.graph, parameters, *x, x->data.size() / out.batch, task.outputs);
}

void Mlp::count_memory(MemoryCount& count, const TaskShape& task) const {
  const ImageShape& image = task.images();
  const double pixels = static_cast<double>(image.height) * static_cast<double>(image.width);
  count.kept(pixels);
  count.output(1, count_dense_layers(count, layers(), pixels), static_cast<double>(task.outputs));
}

template ModelSpec::ModelSpec(Mlp);

}  // namespace normlab
