#include "normlab/models/recurrent.h"

#include "normlab/models/dense.h"
#include "normlab/nn/concat.h"
#include "normlab/nn/embedding.h"
#include "normlab/nn/last_step.h"
#include "normlab/nn/recurrent.h"

namespace normlab {
namespace {

CellKind cell_of(ModelKind model) {
  switch (model) {
    case ModelKind::gru:
      return CellKind::gru;
    case ModelKind::rnn:
      return CellKind::tanh;
    default:
      return CellKind::lstm;
  }
}

// The sequence (T, B, D) that the first layer reads.
template <class T>
Value<T>& add_input(const ModelSpec& model, const TaskShape& task, ModelGraph<T>& out,
                    Parameters<T>& parameters) {
  if (task.task->reads(input::tokens)) {
    const Index vocabulary = task.tokens().vocabulary;
    auto& table = parameters.weight("embedding.weight", {vocabulary, model.embedding}, Activation::identity);
    auto& embedded = out.graph.value({model.window, out.batch, model.embedding});
    auto& op = out.graph.template add<Embedding<T>>(table, embedded);
    out.buffers.add_integers(input::tokens, op.indices());
    return embedded;
  }
  const ImageShape& image = task.images();
  const bool rows = model.input == SequenceInput::rows;
  Value<T>& images = out.graph.input(rows ? Shape{image.height, out.batch, image.width}
                                          : Shape{image.height * image.width, out.batch, 1});
  out.buffers.add_images(input::images, images,
                         rows ? ImageLayout::time_major_rows : ImageLayout::time_major_pixels);
  return images;
}

// One layer: y (T, B, H), or both directions.
template <class T>
struct LayerOutput {
  Value<T>*forward, *reverse;  // reverse: nullptr when the model has one direction
};

template <class T>
LayerOutput<T> add_layer(const ModelSpec& model, const NormSpec& norm, Index layer, Value<T>& x,
                         CarriedState carry, ModelGraph<T>& out, Parameters<T>& parameters) {
  const RecurrentSpec spec{.cell = cell_of(model.kind), .hidden = model.hidden_size, .layer = layer};
  const std::string name = "recurrent_l" + std::to_string(layer);
  const auto add = [&](bool reverse) {
    const std::size_t first = out.graph.ops().size();
    RecurrentSpec direction = spec;
    direction.reverse = reverse;
    auto& y = add_recurrent(out.graph, parameters, "recurrent.", x, direction, norm, carry);
    out.graph.track(reverse ? name + "_reverse" : name, y, first);
    return &y;
  };
  Value<T>* forward = add(false);
  return {forward, model.bidirectional ? add(true) : nullptr};
}

template <class T>
Value<T>& add_concat(Graph<T>& graph, Value<T>& a, Value<T>& b) {
  Shape shape = a.data.shape();
  shape.back() += b.data.shape().back();
  auto& both = graph.value(shape);
  graph.template add<Concat<T>>(a, b, both);
  return both;
}

template <class T>
Value<T>& add_last_step(Graph<T>& graph, Value<T>& x, bool reverse) {
  auto& y = graph.value({x.data.dimension(1), x.data.dimension(2)});
  graph.template add<LastStep<T>>(x, y, reverse);
  return y;
}

}  // namespace

template <class T>
Value<T>& record_recurrent(const ModelSpec& model, const NormSpec& norm, const TaskShape& task,
                           ModelGraph<T>& out, Parameters<T>& parameters) {
  Graph<T>& graph = out.graph;
  Value<T>* x = &add_input(model, task, out, parameters);
  const bool streams = task.task->samples == Samples::streams;
  const CarriedState carry = streams ? CarriedState::carried : CarriedState::zero;
  LayerOutput<T> y{};
  for (Index layer = 0; layer < model.layers; ++layer) {
    if (layer > 0) x = y.reverse == nullptr ? y.forward : &add_concat(graph, *y.forward, *y.reverse);
    y = add_layer(model, norm, layer, *x, carry, out, parameters);
  }
  const Index width = model.hidden_size * (model.bidirectional ? 2 : 1);
  if (streams) return add_output_layer(graph, parameters, *y.forward, width, task.outputs);
  Value<T>* last = &add_last_step(graph, *y.forward, false);
  if (y.reverse != nullptr) last = &add_concat(graph, *last, add_last_step(graph, *y.reverse, true));
  return add_output_layer(graph, parameters, *last, width, task.outputs);
}

template Value<float>& record_recurrent(const ModelSpec&, const NormSpec&, const TaskShape&,
                                        ModelGraph<float>&, Parameters<float>&);
#if NORMLAB_WITH_DOUBLE
template Value<double>& record_recurrent(const ModelSpec&, const NormSpec&, const TaskShape&,
                                         ModelGraph<double>&, Parameters<double>&);
#endif

}  // namespace normlab
