#include "normlab/models/dense.h"

#include "normlab/nn/bias.h"
#include "normlab/nn/linear.h"
#include "normlab/nn/normalization.h"

namespace normlab {

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

template Value<float>& add_dense_block(Graph<float>&, Parameters<float>&, const std::string&, Value<float>&,
                                       Index, const NormSpec&, Activation);
template Value<float>& add_output_layer(Graph<float>&, Parameters<float>&, Value<float>&, Index, Index);
#if NORMLAB_WITH_DOUBLE
template Value<double>& add_dense_block(Graph<double>&, Parameters<double>&, const std::string&,
                                        Value<double>&, Index, const NormSpec&, Activation);
template Value<double>& add_output_layer(Graph<double>&, Parameters<double>&, Value<double>&, Index, Index);
#endif

}  // namespace normlab
