#include "normlab/models/cnn.h"

#include <fmt/format.h>

#include "normlab/core/error.h"
#include "normlab/models/model_type.h"
#include "normlab/nn/convolution.h"
#include "normlab/nn/flatten.h"
#include "normlab/nn/norm/norm_pool.h"
#include "normlab/nn/norm/normalization.h"

namespace normlab {
namespace {

constexpr Index kernel = 3;

// A norm with a group for each channel leaves nothing of a vector.
NormSpec norm_of_dense_layers(NormSpec norm) {
  if (traits(norm.kind).groups == Groups::one_a_channel) norm.kind = Norm::none;
  return norm;
}

void check_image(const Cnn& model, const ImageShape& image) {
  Index poolings = 0;
  for (Index size = std::min(image.height, image.width); size >= 2; size /= 2) ++poolings;
  const auto blocks = static_cast<Index>(model.blocks.size());
  if (blocks <= poolings) return;
  refuse("model.blocks", fmt::format("a list of {} blocks", blocks),
         fmt::format("each block halves the image, and one of {} x {} pixels can be halved {} times",
                     image.height, image.width, poolings));
}

// x (batch, height, width, in) to (batch, height, width, out), or half that size if the layer is the last of
// its block and pooling follows.
template <class T>
Value<T>& add_convolution_layer(Graph<T>& graph, Parameters<T>& parameters, const std::string& name,
                                Value<T>& x, Index out, const NormSpec& norm, Activation activation,
                                bool pool) {
  const std::size_t first = graph.ops().size();
  const Shape& in = x.data.shape();
  auto& weight =
      add_weight(graph, parameters, name + ".convolution", {out, in[3], kernel, kernel}, norm, activation);
  const Shape shape{in[0], in[1], in[2], out};
  auto& summed = graph.value(shape, pool ? GradientPlace::over_data : GradientPlace::own);
  graph.template add<Conv2d<T>>(x, weight, summed, 1, (kernel - 1) / 2);
  const NormGeometry geometry{.batch = in[0], .positions = in[1] * in[2], .channels = out};
  const Index fan_in = in[3] * kernel * kernel;
  auto& y = pool ? add_norm_pool(graph, parameters, name, "convolution", fan_in, summed, norm, activation)
                 : add_normalization(graph, parameters, name, "convolution", fan_in, summed, geometry, norm,
                                     activation);
  graph.track(name, y, first);
  return y;
}

template <class T>
Value<T>& add_flatten(Graph<T>& graph, Value<T>& x) {
  const Index batch = x.data.dimension(0);
  auto& y = graph.value({batch, x.data.size() / batch});
  graph.template add<Flatten<T>>(x, y);
  return y;
}

// A 3x3 convolution of images of that many positions, with its normalization; the last of a block pools.
void count_convolution(MemoryCount& count, double in, double out, double positions, double pooled) {
  const double weights = 9 * in * out;
  count.weight(out, 9 * in);
  count.fixed(weights);                  // in oneDNN's order
  count.fixed_in_training(2 * weights);  // for the two products of the backward pass
  count.channels(out);
  count.activation_before_norm(out, positions);
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

}  // namespace

void Cnn::visit_settings(SettingVisitor& visitor, const Task&) {
  visitor.size_lists({.key = "blocks",
                      .meaning = "output channels of each 3×3 convolution, a list for each block; 2×2 max "
                                 "pooling ends a block"},
                     blocks);
  visitor.sizes({.key = "dense", .meaning = "sizes of the fully connected hidden layers"}, dense,
                /*may_be_empty=*/true);
  visit_activation(visitor, activation);
  visit_dropout(visitor, dropout);
}

std::map<std::string, Cnn> Cnn::presets() const {
  // A smaller relative of VGG (Simonyan and Zisserman 2015).
  return {{"vgg", {.blocks = {{64, 64}, {128, 128}, {256, 256, 256}}, .dense = {512}}}};
}

std::optional<std::string> Cnn::undefined_reason(const NormSpec& norm, Index batch) const {
  // A convolution has at least 2 x 2 positions, since pooling follows it.
  for (const auto& block : blocks) {
    for (const Index channels : block) {
      const NormGeometry geometry{.batch = batch, .positions = 4, .channels = channels};
      if (auto reason = normlab::undefined_reason(norm, geometry))
        return "norm on the cnn's convolutions: " + *reason;
    }
  }
  auto reason = normlab::undefined_reason(dense_layers(), norm_of_dense_layers(norm), batch);
  if (reason) *reason = "norm on the cnn's dense layers: " + *reason;
  return reason;
}

template <class T>
Value<T>& Cnn::record(const NormSpec& norm, const TaskShape& task, ModelGraph<T>& out,
                      Parameters<T>& parameters) const {
  const ImageShape& image = task.images();
  check_image(*this, image);
  Value<T>* x = &out.graph.input({out.batch, image.height, image.width, 1});
  out.buffers.add_images(input::images, *x, ImageLayout::flat);
  for (std::size_t block = 0; block < blocks.size(); ++block) {
    const std::size_t layers = blocks[block].size();
    for (std::size_t i = 0; i < layers; ++i) {
      const std::string layer = fmt::format("blocks.{}.{}", block, i);
      x = &add_convolution_layer(out.graph, parameters, layer, *x, blocks[block][i], norm, activation,
                                 i + 1 == layers);
    }
  }
  x = &add_flatten(out.graph, *x);
  x = &add_dense_layers(out.graph, parameters, dense_layers(), *x, norm_of_dense_layers(norm));
  return add_output_layer(out.graph, parameters, *x, x->data.size() / out.batch, task.outputs);
}

void Cnn::count_memory(MemoryCount& count, const TaskShape& task) const {
  Index height = task.images().height, width = task.images().width;
  double channels = 1;
  const auto positions = [&] { return static_cast<double>(height) * static_cast<double>(width); };
  count.kept(positions());
  for (const std::vector<Index>& block : blocks) {
    const double before = positions();
    height /= 2;
    width /= 2;
    for (std::size_t i = 0; i < block.size(); ++i) {
      const auto out = static_cast<double>(block[i]);
      count_convolution(count, channels, out, before, i + 1 == block.size() ? positions() : 0);
      channels = out;
    }
  }
  const double features = positions() * channels;
  count.value(features);  // in PyTorch's order
  count.output(1, count_dense_layers(count, dense_layers(), features), static_cast<double>(task.outputs));
}

template ModelSpec::ModelSpec(Cnn);

}  // namespace normlab
