#include "normlab/models/dense.h"

#include "normlab/nn/dropout.h"
#include "normlab/nn/linear.h"
#include "normlab/nn/norm/bias.h"
#include "normlab/nn/norm/normalization.h"

namespace normlab {

namespace {

template <class T>
Value<T>& add_dense_block(Graph<T>& graph, Parameters<T>& parameters, const std::string& name, Value<T>& x,
                          Index out, const NormSpec& norm, Activation activation) {
  const std::size_t first = graph.ops().size();
  const Index batch = x.data.dimension(0);
  const Index in = x.data.size() / batch;
  auto& weight = add_weight(graph, parameters, name + ".linear", {out, in}, norm, activation);
  auto& summed = graph.value({batch, out});
  graph.template add<Linear<T>>(x, weight, summed);
  const NormGeometry geometry{.batch = batch, .positions = 1, .channels = out};
  auto& y = add_normalization(graph, parameters, name, "linear", in, summed, geometry, norm, activation);
  graph.track(name, y, first);
  return y;
}

}  // namespace

template <class T>
Value<T>& add_dense_layers(Graph<T>& graph, Parameters<T>& parameters, const DenseLayers& layers, Value<T>& x,
                           const NormSpec& norm) {
  Value<T>* y = &x;
  for (std::size_t i = 0; i < layers.sizes.size(); ++i) {
    const std::string name = layers.name + "." + std::to_string(i);
    y = &add_dense_block(graph, parameters, name, *y, layers.sizes[i], norm, layers.activation);
    y = &add_dropout(graph, parameters, name, *y, layers.dropout);
  }
  return *y;
}

std::optional<std::string> undefined_reason(const DenseLayers& layers, const NormSpec& norm, Index batch) {
  for (const Index size : layers.sizes) {
    const NormGeometry geometry{.batch = batch, .positions = 1, .channels = size};
    if (auto reason = undefined_reason(norm, geometry)) return reason;
  }
  return std::nullopt;
}

double count_dense_layers(MemoryCount& count, const DenseLayers& layers, double in) {
  for (const Index size : layers.sizes) {
    const auto out = static_cast<double>(size);
    count.dense(in, out);
    count.dropout(layers.dropout, out);
    in = out;
  }
  return in;
}

void visit_activation(SettingVisitor& visitor, Activation& activation) {
  static const Names names(activation_names.begin(), activation_names.end());
  visitor.name({.key = "activation", .meaning = "of the hidden layers"}, activation, names);
}

void visit_dropout(SettingVisitor& visitor, double& dropout) {
  visitor.number(
      {.key = "dropout",
       .meaning = "share of each hidden layer's outputs that a training step drops; the others are "
                  "divided by 1 − dropout",
       .young = true},
      dropout, range::half_open_unit_single);
}

template <class T>
Value<T>& add_output_layer(Graph<T>& graph, Parameters<T>& parameters, Value<T>& x, Index in, Index classes) {
  const std::size_t first = graph.ops().size();
  const Index rows = x.data.size() / in;
  auto& weight = parameters.weight("output.weight", {classes, in}, Activation::identity);
  auto& bias = parameters.bias("output.bias", classes, in);
  auto& products = graph.value({rows, classes});
  graph.template add<Linear<T>>(x, weight, products);
  auto& logits = graph.value({rows, classes});
  const NormGeometry geometry{.batch = rows, .positions = 1, .channels = classes};
  graph.template add<Bias<T>>(products, bias, logits, geometry, Activation::identity);
  graph.track("output", logits, first);
  return logits;
}

template Value<float>& add_dense_layers(Graph<float>&, Parameters<float>&, const DenseLayers&, Value<float>&,
                                        const NormSpec&);
template Value<float>& add_output_layer(Graph<float>&, Parameters<float>&, Value<float>&, Index, Index);
#if NORMLAB_WITH_DOUBLE
template Value<double>& add_dense_layers(Graph<double>&, Parameters<double>&, const DenseLayers&,
                                         Value<double>&, const NormSpec&);
template Value<double>& add_output_layer(Graph<double>&, Parameters<double>&, Value<double>&, Index, Index);
#endif

}  // namespace normlab
