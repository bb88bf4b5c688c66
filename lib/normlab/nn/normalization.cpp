#include "normlab/nn/normalization.h"

#include "normlab/core/error.h"
#include "normlab/nn/batch_norm.h"
#include "normlab/nn/bias.h"
#include "normlab/nn/group_norm.h"
#include "normlab/nn/layer_norm.h"
#include "normlab/nn/rms_norm.h"
#include "normlab/nn/weight_norm.h"

namespace normlab {

std::optional<std::string> undefined_reason(const NormSpec& norm, const NormGeometry& geometry) {
  const std::string channels = std::to_string(geometry.channels);
  const std::string groups = std::to_string(norm.groups);
  switch (norm.kind) {
    case Norm::batch:
      if (geometry.batch < 2) return "batch norm is not defined for a batch of one sample";
      break;
    case Norm::layer:
      if (geometry.positions * geometry.channels < 2) return "layer norm is not defined for a single feature";
      break;
    case Norm::group:
      if (norm.groups < 1 || geometry.channels % norm.groups != 0)
        return "group norm is not defined where " + channels + " channels do not divide into " + groups +
               " equal groups";
      if (geometry.positions == 1 && geometry.channels == norm.groups)
        return "group norm is not defined for one feature per group (" + channels + " features, " + groups +
               " groups)";
      break;
    case Norm::instance:
      if (geometry.positions < 2)
        return "instance norm is not defined on vectors: it needs several positions per channel";
      break;
    case Norm::none:
    case Norm::rms:
    case Norm::weight:
      break;
  }
  return std::nullopt;
}

namespace {

// What every normalization of add_normalization() is made from.
template <class T>
struct Site {
  Graph<T>& graph;
  Parameters<T>& parameters;
  const std::string& name;
  Value<T>& x;
  const NormGeometry& geometry;
  const NormSpec& norm;
  Activation activation;

  Value<T>& output() const { return graph.value(x.data.shape()); }
  Parameter<T>& gain() const {
    return parameters.constant(name + ".norm.weight", ParameterRole::gain, {geometry.channels}, T(1));
  }
  Parameter<T>& bias() const {
    return parameters.constant(name + ".norm.bias", ParameterRole::bias, {geometry.channels}, T(0));
  }
};

template <class T>
Value<T>& add_bias(const Site<T>& s, const std::string& layer, Index fan_in) {
  auto& bias = s.parameters.bias(s.name + "." + layer + ".bias", s.geometry.channels, fan_in);
  auto& y = s.output();
  s.graph.template add<Bias<T>>(s.x, bias, y, s.geometry, s.activation);
  return y;
}

template <class T>
Value<T>& add_batch_norm(const Site<T>& s) {
  const Shape channels{s.geometry.channels};
  auto& gain = s.gain();
  auto& bias = s.bias();
  auto& running_mean = s.parameters.buffer(s.name + ".norm.running_mean", channels, T(0));
  auto& running_variance = s.parameters.buffer(s.name + ".norm.running_var", channels, T(1));
  auto& y = s.output();
  s.graph.template add<BatchNorm<T>>(
      s.x, typename BatchNorm<T>::Tensors{gain, bias, running_mean, running_variance}, y, s.geometry, s.norm,
      s.activation, s.graph.mode());
  return y;
}

template <class T>
Value<T>& add_layer_norm(const Site<T>& s) {
  auto& gain = s.gain();
  auto& bias = s.bias();
  auto& y = s.output();
  s.graph.template add<LayerNorm<T>>(s.x, gain, bias, y, s.geometry, s.norm.epsilon, s.activation);
  return y;
}

template <class T>
Value<T>& add_rms_norm(const Site<T>& s) {
  auto& gain = s.gain();
  auto& y = s.output();
  s.graph.template add<RmsNorm<T>>(s.x, gain, y, s.geometry, s.norm.epsilon, s.activation);
  return y;
}

template <class T>
Value<T>& add_group_norm(const Site<T>& s, Index groups) {
  auto& gain = s.gain();
  auto& bias = s.bias();
  auto& y = s.output();
  s.graph.template add<GroupNorm<T>>(s.x, gain, bias, y, s.geometry, groups, s.norm.epsilon, s.activation);
  return y;
}

// Evaluation takes batch norm's statistics from the running averages, so one sample will do.
bool allowed(const NormSpec& norm, const NormGeometry& geometry, Mode mode) {
  return !undefined_reason(norm, geometry) || (norm.kind == Norm::batch && mode == Mode::evaluation);
}

}  // namespace

template <class T>
Value<T>& add_normalization(Graph<T>& graph, Parameters<T>& parameters, const std::string& name,
                            const std::string& layer, Index fan_in, Value<T>& x, const NormGeometry& geometry,
                            const NormSpec& norm, Activation activation) {
  if (!allowed(norm, geometry, graph.mode()))
    throw RequestError("norm: " + *undefined_reason(norm, geometry) + " (layer \"" + name + "\").");
  const Site<T> site{graph, parameters, name, x, geometry, norm, activation};
  switch (norm.kind) {
    case Norm::batch:
      return add_batch_norm(site);
    case Norm::layer:
      return add_layer_norm(site);
    case Norm::rms:
      return add_rms_norm(site);
    case Norm::group:
      return add_group_norm(site, norm.groups);
    case Norm::instance:
      return add_group_norm(site, geometry.channels);
    case Norm::none:
    case Norm::weight:
      break;
  }
  return add_bias(site, layer, fan_in);
}

template <class T>
Value<T>& add_weight(Graph<T>& graph, Parameters<T>& parameters, const std::string& name, const Shape& shape,
                     const NormSpec& norm, Activation followed_by) {
  if (norm.kind != Norm::weight) return parameters.weight(name + ".weight", shape, followed_by);
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
