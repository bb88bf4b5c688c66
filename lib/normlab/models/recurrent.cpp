#include "normlab/models/recurrent.h"
#include "normlab/nn/norm/norm_traits.h"

#include "normlab/models/dense.h"
#include "normlab/models/model_type.h"
#include "normlab/nn/concat.h"
#include "normlab/nn/dropout.h"
#include "normlab/nn/embedding.h"
#include "normlab/nn/recurrent/last_step.h"
#include "normlab/nn/recurrent/recurrent.h"

namespace normlab {
namespace {

const Names sequence_input_names{"rows", "pixels"};

// The sequence (T, B, D) that the first layer reads.
template <class T>
Value<T>& add_input(const Recurrent& model, const TaskShape& task, ModelGraph<T>& out,
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

std::string layer_name(Index layer) {
  return "recurrent_l" + std::to_string(layer);
}

template <class T>
LayerOutput<T> add_layer(const Recurrent& model, const NormSpec& norm, Index layer, Value<T>& x,
                         CarriedState carry, ModelGraph<T>& out, Parameters<T>& parameters) {
  const RecurrentSpec spec{.cell = model.cell, .hidden = model.hidden_size, .layer = layer};
  const std::string name = layer_name(layer);
  const auto add = [&](bool reverse) {
    const std::size_t first = out.graph.ops().size();
    RecurrentSpec direction = spec;
    direction.reverse = reverse;
    auto& y = add_recurrent(out.graph, parameters, "recurrent.", x, direction, norm, carry);
    out.graph.track(reverse ? name + "_reverse" : name, y, first, TrackedAxes::time_first);
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

struct CellSizes {
  double gates;
  bool apart;          // W_ih x and W_hh h are kept as two tensors
  double kept_gates;   // further gates kept for each time step, in training
  double kept_states;  // states beside the hidden one, likewise
  double vectors;      // that layer norm normalizes, each by itself
};

CellSizes cell_sizes(CellKind kind, Norm norm) {
  const bool plain = !traits(norm).normalizes();
  if (kind == CellKind::lstm) return {4, !plain, plain ? 0.0 : 4.0, 2, 3};
  if (kind == CellKind::gru) return {3, true, plain ? 0.0 : 4.0, 0, 4};
  return {1, traits(norm).statistics == Statistics::channel, 0, 0, 1};
}

void count_gains_and_biases(MemoryCount& count, CellKind kind, const CellSizes& sizes, double hidden) {
  const NormSpec& norm = count.norm();
  const double width = sizes.gates * hidden;
  if (!traits(norm.kind).normalizes()) return count.parameters(2 * width);
  if (traits(norm.kind).statistics == Statistics::learned)
    count.parameters((sizes.apart ? 2 : 1) + (kind == CellKind::lstm ? 1 : 0));
  const auto add = [&](bool learned, double size) { learned ? count.parameters(size) : count.fixed(size); };
  add(learns_gain(norm), (sizes.apart ? 2 : 1) * width);
  if (learns_cell_bias(norm)) count.parameters(width);
  if (kind == CellKind::gru) add(learns_cell_bias(norm), hidden);
  if (kind != CellKind::lstm) return;
  add(learns_gain(norm), hidden);
  add(learns_bias(norm), hidden);
}

// One direction of a layer that reads `in` numbers in each of `steps` time steps.
void count_cell(MemoryCount& count, const Recurrent& model, double steps, double in) {
  const auto hidden = static_cast<double>(model.hidden_size);
  const CellSizes sizes = cell_sizes(model.cell, count.norm().kind);
  const double width = sizes.gates * hidden;
  count.weight(width, in);
  count.weight(width, hidden);
  count_gains_and_biases(count, model.cell, sizes, hidden);
  count.fixed(width * hidden);              // packed for the recurrent product
  count.fixed_in_training(width * hidden);  // and for its gradient
  count.value(steps * hidden);
  count.kept(steps * width);
  if (sizes.apart) count.kept_in_training(steps * width);
  count.kept_in_training(steps * (sizes.kept_gates + sizes.kept_states) * hidden);
  count.kept(3 * hidden);
  if (traits(count.norm().kind).statistics == Statistics::group) {
    const auto groups = static_cast<double>(group_count(count.norm(), model.hidden_size));
    count.kept_in_training(3 * steps * sizes.vectors * groups);
  }
  if (traits(count.norm().kind).statistics == Statistics::channel) {
    const double columns = 2 * width + (model.cell == CellKind::lstm ? hidden : 0);
    count.buffers(2 * steps * columns);
    count.fixed_in_training(3 * steps * columns);
  }
  // Gradients of the summed inputs: of a chunk of steps, or of all where the weights are large.
  constexpr double chunk_rows = 128, cache_bytes = 1 << 20;
  if (width * hidden * sizeof(float) > cache_bytes) {
    count.kept_in_training(steps * width * (sizes.apart ? 2 : 1));
  } else {
    count.fixed_in_training(chunk_rows * width * (sizes.apart ? 2 : 1));
  }
  count.layer_overhead(50000, 2500);
}

struct SequenceSize {
  double steps, in;  // numbers of a time step
};

// What the first layer reads.
SequenceSize count_sequence(MemoryCount& count, const Recurrent& model, const TaskShape& task) {
  if (task.task->reads(input::tokens)) {
    const auto steps = static_cast<double>(model.window), in = static_cast<double>(model.embedding);
    count.parameters(in * static_cast<double>(task.tokens().vocabulary));
    count.value(steps * in);
    count.kept(steps);  // the tokens
    return {steps, in};
  }
  const auto height = static_cast<double>(task.images().height),
             width = static_cast<double>(task.images().width);
  count.kept(height * width);
  return model.input == SequenceInput::rows ? SequenceSize{height, width} : SequenceSize{height * width, 1};
}

}  // namespace

std::string Recurrent::name() const {
  return cell == CellKind::lstm ? "lstm" : cell == CellKind::gru ? "gru" : "rnn";
}

void Recurrent::visit_settings(SettingVisitor& visitor, const Task& task) {
  visitor.integer({.key = "layers", .meaning = "stacked recurrent layers"}, layers, 1);
  visitor.integer({.key = "hidden_size", .meaning = "size of the hidden state"}, hidden_size, 1);
  visitor.flag({.key = "bidirectional", .meaning = "read the sequence both ways"}, bidirectional);
  if (task.reads(input::tokens)) {
    visitor.integer({.key = "embedding", .meaning = "for text: size of a character's embedding"}, embedding,
                    1);
    visitor.integer({.key = "window",
                     .meaning = "for text: time steps of a truncated back-propagation window; the state is "
                                "carried across"},
                    window, 1);
  } else {
    visitor.name({.key = "input", .meaning = "for images: one row or one pixel a time step"}, input,
                 sequence_input_names);
  }
  visit_dropout(visitor, dropout);
}

std::optional<std::string> Recurrent::undefined_reason(const Task& task) const {
  if (task.samples != Samples::streams || !bidirectional) return std::nullopt;
  return "model.bidirectional true is not defined for text, where the reverse direction would read what is "
         "to be predicted";
}

std::optional<std::string> Recurrent::undefined_reason(const NormSpec& norm, Index batch) const {
  return recurrent_undefined_reason(norm, batch, hidden_size);
}

template <class T>
Value<T>& Recurrent::record(const NormSpec& norm, const TaskShape& task, ModelGraph<T>& out,
                            Parameters<T>& parameters) const {
  Graph<T>& graph = out.graph;
  Value<T>* x = &add_input(*this, task, out, parameters);
  const bool streams = task.task->samples == Samples::streams;
  const CarriedState carry = streams ? CarriedState::carried : CarriedState::zero;
  LayerOutput<T> y{};
  for (Index layer = 0; layer < layers; ++layer) {
    if (layer > 0) {
      x = y.reverse == nullptr ? y.forward : &add_concat(graph, *y.forward, *y.reverse);
      x = &add_dropout(graph, parameters, layer_name(layer - 1), *x, dropout);
    }
    y = add_layer(*this, norm, layer, *x, carry, out, parameters);
  }
  const Index width = hidden_size * (bidirectional ? 2 : 1);
  x = streams ? y.forward : &add_last_step(graph, *y.forward, false);
  if (!streams && y.reverse != nullptr) x = &add_concat(graph, *x, add_last_step(graph, *y.reverse, true));
  x = &add_dropout(graph, parameters, layer_name(layers - 1), *x, dropout);
  return add_output_layer(graph, parameters, *x, width, task.outputs);
}

void Recurrent::count_memory(MemoryCount& count, const TaskShape& task) const {
  const double directions = bidirectional ? 2 : 1;
  const double width = directions * static_cast<double>(hidden_size);
  const bool streams = task.task->samples == Samples::streams;
  const auto [steps, in] = count_sequence(count, *this, task);
  count.repeat(directions);
  count_cell(count, *this, steps, in);
  const auto further = static_cast<double>(layers - 1);
  count.repeat(directions * further);
  count_cell(count, *this, steps, width);
  count.repeat(bidirectional ? further : 0);
  count.value(steps * width);  // both directions side by side
  count.repeat(further);
  count.dropout(dropout, steps * width);
  count.repeat(1);
  if (!streams) count.value(width);
  count.dropout(dropout, streams ? steps * width : width);
  count.output(streams ? steps : 1, width, static_cast<double>(task.outputs));
}

template ModelSpec::ModelSpec(Recurrent);

}  // namespace normlab
