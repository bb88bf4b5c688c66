#include "normlab/models/cnn.h"

#include <fmt/format.h>

#include "normlab/core/error.h"
#include "normlab/models/dense.h"
#include "normlab/nn/convolution.h"
#include "normlab/nn/flatten.h"
#include "normlab/nn/norm_pool.h"
#include "normlab/nn/normalization.h"

namespace normlab {
namespace {

constexpr Index kernel = 3;

// A norm with a group for each channel leaves nothing of a vector.
NormSpec norm_of_dense_layers(NormSpec norm) {
  if (traits(norm.kind).groups == Groups::one_a_channel) norm.kind = Norm::none;
  return norm;
}

void check_image(const ModelSpec& model, const ImageShape& image) {
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

}  // namespace

template <class T>
Value<T>& record_cnn(const ModelSpec& model, const NormSpec& norm, const TaskShape& task, ModelGraph<T>& out,
                     Parameters<T>& parameters) {
  const ImageShape& image = task.images();
  check_image(model, image);
  Value<T>* x = &out.graph.input({out.batch, image.height, image.width, 1});
  out.buffers.add_images(input::images, *x, ImageLayout::flat);
  for (std::size_t block = 0; block < model.blocks.size(); ++block) {
    const std::size_t layers = model.blocks[block].size();
    for (std::size_t i = 0; i < layers; ++i) {
      const std::string name = fmt::format("blocks.{}.{}", block, i);
      x = &add_convolution_layer(out.graph, parameters, name, *x, model.blocks[block][i], norm,
                                 model.activation, i + 1 == layers);
    }
  }
  x = &add_flatten(out.graph, *x);
  for (std::size_t i = 0; i < model.dense.size(); ++i) {
    const std::string name = fmt::format("dense.{}", i);
    x = &add_dense_block(out.graph, parameters, name, *x, model.dense[i], norm_of_dense_layers(norm),
                         model.activation);
  }
  return add_output_layer(out.graph, parameters, *x, x->data.size() / out.batch, task.outputs);
}

std::optional<std::string> undefined_in_cnn(const ModelSpec& model, const NormSpec& norm, Index batch) {
  // A convolution has at least 2 x 2 positions, since pooling follows it.
  for (const auto& block : model.blocks) {
    for (const Index channels : block) {
      const NormGeometry geometry{.batch = batch, .positions = 4, .channels = channels};
      if (auto reason = undefined_reason(norm, geometry)) return "norm on the cnn's convolutions: " + *reason;
    }
  }
  for (const Index features : model.dense) {
    const NormGeometry geometry{.batch = batch, .positions = 1, .channels = features};
    if (auto reason = undefined_reason(norm_of_dense_layers(norm), geometry)) {
      return "norm on the cnn's dense layers: " + *reason;
    }
  }
  return std::nullopt;
}

template Value<float>& record_cnn(const ModelSpec&, const NormSpec&, const TaskShape&, ModelGraph<float>&,
                                  Parameters<float>&);
#if NORMLAB_WITH_DOUBLE
template Value<double>& record_cnn(const ModelSpec&, const NormSpec&, const TaskShape&, ModelGraph<double>&,
                                   Parameters<double>&);
#endif

}  // namespace normlab
