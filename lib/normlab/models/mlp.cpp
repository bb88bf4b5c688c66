#include "normlab/models/mlp.h"

#include "normlab/models/dense.h"
#include "normlab/models/model_type.h"
#include "normlab/nn/dropout.h"
#include "normlab/nn/norm_traits.h"

namespace normlab {

void Mlp::visit_settings(SettingVisitor& visitor, const Task&) {
  visitor.sizes({.key = "hidden", .meaning = "sizes of the hidden layers"}, hidden, /*may_be_empty=*/false);
  visitor.name({.key = "activation", .meaning = "of the hidden layers"}, activation, activation_names());
  visit_dropout(visitor, dropout);
}

std::map<std::string, Mlp> Mlp::presets() const {
  // The 784-1000-1000-10 network of Ba, Kiros and Hinton 2016, section 6.6.
  return {{"paper", {.hidden = {1000, 1000}}}};
}

std::optional<std::string> Mlp::undefined_reason(const NormSpec& norm, Index batch) const {
  for (const Index width : hidden) {
    const NormGeometry geometry{.batch = batch, .positions = 1, .channels = width};
    if (auto reason = normlab::undefined_reason(norm, geometry))
      return "norm on the mlp's hidden layers: " + *reason;
  }
  return std::nullopt;
}

template <class T>
Value<T>& Mlp::record(const NormSpec& norm, const TaskShape& task, ModelGraph<T>& out,
                      Parameters<T>& parameters) const {
  const ImageShape& image = task.images();
  Value<T>* x = &out.graph.input({out.batch, image.height * image.width});
  out.buffers.add_images(input::images, *x, ImageLayout::flat);
  for (std::size_t i = 0; i < hidden.size(); ++i) {
    const std::string layer = "hidden." + std::to_string(i);
    x = &add_dense_block(out.graph, parameters, layer, *x, hidden[i], norm, activation);
    x = &add_dropout(out.graph, parameters, layer, *x, dropout);
  }
  return add_output_layer(out.graph, parameters, *x, x->data.size() / out.batch, task.outputs);
}

void Mlp::count_memory(MemoryCount& count, const TaskShape& task) const {
  const ImageShape& image = task.images();
  double width = static_cast<double>(image.height) * static_cast<double>(image.width);
  count.kept(width);
  for (const Index out : hidden) {
    count.dense(width, static_cast<double>(out));
    count.dropout(dropout, static_cast<double>(out));
    width = static_cast<double>(out);
  }
  count.output(1, width, static_cast<double>(task.outputs));
}

template ModelSpec::ModelSpec(Mlp);

}  // namespace normlab
