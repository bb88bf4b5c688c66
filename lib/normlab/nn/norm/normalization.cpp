#include "normlab/nn/norm/normalization.h"

#include "normlab/core/error.h"
#include "normlab/nn/norm/batch_norm.h"
#include "normlab/nn/norm/bias.h"
#include "normlab/nn/norm/dynamic_tanh.h"
#include "normlab/nn/norm/sample_norm.h"
#include "normlab/nn/norm/weight_norm.h"

namespace normlab {

void require_defined(const NormSpec& norm, const NormGeometry& geometry, Mode mode, const std::string& name) {
  // Evaluation takes statistics of a batch from the running averages, so one sample will do.
  if (mode == Mode::evaluation && traits(norm.kind).statistics == Statistics::channel) return;
  if (const auto reason = undefined_reason(norm, geometry))
    throw RequestError("norm: " + *reason + " (layer \"" + name + "\").");
}

template <class T>
Value<T>& add_normalization(Graph<T>& graph, Parameters<T>& parameters, const std::string& name,
                            const std::string& layer, Index fan_in, Value<T>& x, const NormGeometry& geometry,
                            const NormSpec& norm, Activation activation) {
  if (follows_activation(norm)) {
    auto& activated =
        add_normalization(graph, parameters, name, layer, fan_in, x, geometry, NormSpec{}, activation);
    return add_normalization(graph, parameters, name, layer, fan_in, activated, geometry, on_its_input(norm),
                             Activation::identity);
  }
  require_defined(norm, geometry, graph.mode(), name);
  const auto p = declare_norm_parameters(parameters, name, layer, fan_in, geometry.channels, norm);
  auto& y = graph.value(x.data.shape());
  switch (traits(norm.kind).statistics) {
    case Statistics::channel:
      graph.template add<BatchNorm<T>>(x, p, y, geometry, norm, activation, graph.mode());
      break;
    case Statistics::group:
      graph.template add<SampleNorm<T>>(x, p, y, geometry, norm, activation);
      break;
    case Statistics::learned:
      graph.template add<DynamicTanh<T>>(x, p, y, geometry, activation);
      break;
    case Statistics::none:
      graph.template add<Bias<T>>(x, *p.bias, y, geometry, activation);
      break;
  }
  return y;
}

template <class T>
Value<T>& add_weight(Graph<T>& graph, Parameters<T>& parameters, const std::string& name, const Shape& shape,
                     const NormSpec& norm, Activation followed_by) {
  if (!traits(norm.kind).on_weights) return parameters.weight(name + ".weight", shape, followed_by);
  auto& v = parameters.weight(name + ".weight_v", shape, followed_by);
  return add_weight_norm(graph, parameters, name + ".weight_g", v);
}

#define NORMLAB_INSTANTIATE(T)                                                                              \
  template Value<T>& add_normalization(Graph<T>&, Parameters<T>&, const std::string&, const std::string&,   \
                                       Index, Value<T>&, const NormGeometry&, const NormSpec&, Activation); \
  template Value<T>& add_weight(Graph<T>&, Parameters<T>&, const std::string&, const Shape&,                \
                                const NormSpec&, Activation);
NORMLAB_INSTANTIATE(float)
#if NORMLAB_WITH_DOUBLE
NORMLAB_INSTANTIATE(double)
#endif
#undef NORMLAB_INSTANTIATE

}  // namespace normlab
