// What every normalization must hold, checked on the operation that add_normalization() records: forward()
// against a plain scalar computation, backward() against finite differences, accuracy far from zero,
// independence of samples and of threads.
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <map>
#include <numbers>
#include <string>
#include <vector>

#include "nn/gradient_check.h"
#include "normlab/core/parallel.h"
#include "normlab/core/random.h"
#include "normlab/nn/norm/normalization.h"

namespace normlab::test {

inline constexpr Activation all_activations[] = {Activation::identity, Activation::relu, Activation::tanh,
                                                 Activation::gelu};

inline std::string name_of(const NormGeometry& g) {
  return std::to_string(g.batch) + " x " + std::to_string(g.positions) + " x " + std::to_string(g.channels);
}

// The norms of the table that `holds` says yes to, of their traits.
template <class Predicate>
std::vector<Norm> norms_where(const Predicate& holds) {
  std::vector<Norm> norms = all_norms();
  std::erase_if(norms, [&](Norm norm) { return !holds(traits(norm)); });
  return norms;
}

// A graph of one normalization, with gains about 1, biases about 0 and normal inputs.
template <class T>
class NormLayer {
 public:
  NormLayer(const NormSpec& norm, const NormGeometry& geometry, Activation activation,
            Mode mode = Mode::training)
      : graph(mode),
        x(graph.input({geometry.batch, geometry.positions, geometry.channels}, GradientPlace::own)),
        y(add_normalization(graph, parameters, "hidden.0", "linear", 10, x, geometry, norm, activation)) {
    graph.output(y);
    Random random(5, hash_name("layer"));
    for (auto& parameter : parameters.parameters()) {
      const double mean = parameter.role == ParameterRole::gain ? 1 : 0;
      for (T& element : parameter.data.span()) element = static_cast<T>(mean + 0.3 * random.normal());
    }
    fill(x.data, 0, 1, "x");
    if (mode == Mode::training) fill(y.gradient, 0, 1, "dy");
  }

  void fill(Tensor<T>& tensor, double mean, double deviation, const std::string& stream) {
    Random random(6, hash_name(stream));
    for (T& element : tensor.span()) element = static_cast<T>(mean + deviation * random.normal());
  }
  const T* parameter(const std::string& name) const {
    for (const auto& p : parameters.parameters()) {
      if (p.name == "hidden.0." + name) return p.data.data();
    }
    return nullptr;
  }

  Graph<T> graph;
  Parameters<T> parameters{InitSpec{}, 1};
  Value<T>& x;
  Value<T>& y;
};

inline double activate(Activation activation, double z) {
  switch (activation) {
    case Activation::relu:
      return z > 0 ? z : 0;
    case Activation::tanh:
      return std::tanh(z);
    case Activation::gelu:
      return z / 2 * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (z + 0.044715 * z * z * z)));
    case Activation::identity:
      break;
  }
  return z;
}

// Which elements share their statistics: the elements with the same number.
inline Index statistics_of(const NormSpec& norm, const NormGeometry& g, Index sample, Index channel) {
  if (traits(norm.kind).statistics == Statistics::channel) return channel;
  const Index groups = group_count(norm, g.channels);
  return sample * groups + channel / (g.channels / groups);
}

// The definition, element by element in double precision. `layer` holds inputs and parameters.
template <class T>
std::vector<double> reference_forward(const NormLayer<T>& layer, const NormSpec& norm, const NormGeometry& g,
                                      Activation activation) {
  const auto for_each = [&](const auto& body) {
    for (Index i = 0; i < layer.x.data.size(); ++i) {
      const Index channel = i % g.channels, sample = i / (g.channels * g.positions);
      body(i, channel, statistics_of(norm, g, sample, channel));
    }
  };
  const NormTraits& t = traits(norm.kind);
  std::map<Index, double> count, mean, variance;
  for_each([&](Index, Index, Index key) { count[key] += 1; });
  for_each([&](Index i, Index, Index key) {
    if (t.centred) mean[key] += layer.x.data[i] / count[key];
  });
  for_each([&](Index i, Index, Index key) {
    variance[key] += std::pow(layer.x.data[i] - mean[key], 2) / count[key];
  });
  const T* alpha = layer.parameter("norm.alpha");
  const T* gain = layer.parameter("norm.weight");
  const T* bias = layer.parameter(t.normalizes() ? "norm.bias" : "linear.bias");
  std::vector<double> y;
  for_each([&](Index i, Index channel, Index key) {
    double z = layer.x.data[i];
    if (t.takes_statistics()) z = (z - mean[key]) / std::sqrt(variance[key] + norm.epsilon);
    if (alpha != nullptr) z = std::tanh(*alpha * z);
    if (gain != nullptr) z *= gain[channel];
    if (bias != nullptr) z += bias[channel];
    y.push_back(activate(activation, z));
  });
  return y;
}

template <class T>
double worst_forward_error(NormLayer<T>& layer, const NormSpec& norm, const NormGeometry& geometry,
                           Activation activation) {
  layer.graph.forward();
  const auto expected = reference_forward(layer, norm, geometry, activation);
  double worst = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double error = std::abs(layer.y.data[static_cast<Index>(i)] - expected[i]);
    if (!(error <= worst)) worst = error;  // also catches not-a-number
  }
  return worst;
}

inline void check_forward(const NormSpec& norm, const std::vector<NormGeometry>& geometries) {
  for (const auto& geometry : geometries) {
    for (const auto activation : all_activations) {
      CAPTURE(name_of(geometry));
      CAPTURE(static_cast<int>(activation));
      NormLayer<double> in_double(norm, geometry, activation);
      CHECK(worst_forward_error(in_double, norm, geometry, activation) < 1e-12);
      NormLayer<float> in_float(norm, geometry, activation);
      CHECK(worst_forward_error(in_float, norm, geometry, activation) < 1e-5);
    }
  }
}

inline void check_backward(const NormSpec& norm, const std::vector<NormGeometry>& geometries) {
  for (const auto& geometry : geometries) {
    for (const auto activation : all_activations) {
      CAPTURE(name_of(geometry));
      CAPTURE(static_cast<int>(activation));
      NormLayer<double> layer(norm, geometry, activation);
      check_gradients(layer.graph, everything({{"x", &layer.x}}, layer.parameters), layer.y);
    }
  }
}

// Inputs of mean 1e4 and standard deviation 1 in single precision. The contract is 1e-3.
inline void check_far_from_zero(const NormSpec& norm, const NormGeometry& geometry) {
  CAPTURE(name_of(geometry));
  NormLayer<float> layer(norm, geometry, Activation::identity);
  layer.fill(layer.x.data, 1e4, 1, "x");
  CHECK(worst_forward_error(layer, norm, geometry, Activation::identity) < 2e-5);
}

template <class T>
bool same_bits(const T* a, const T* b, Index count) {
  return std::memcmp(a, b, static_cast<std::size_t>(count) * sizeof(T)) == 0;
}

// The output for a sample is the same, bit for bit, alone and in a batch, in training and in evaluation.
inline void check_samples_are_independent(const NormSpec& norm, const NormGeometry& geometry) {
  CAPTURE(name_of(geometry));
  NormLayer<float> batch(norm, geometry, Activation::gelu);
  batch.graph.forward();
  const Index length = geometry.positions * geometry.channels;
  bool same = true;
  for (const auto mode : {Mode::training, Mode::evaluation}) {
    NormLayer<float> alone(norm, {1, geometry.positions, geometry.channels}, Activation::gelu, mode);
    for (Index sample = 0; sample < geometry.batch; ++sample) {
      std::copy_n(batch.x.data.data() + sample * length, length, alone.x.data.data());
      alone.graph.forward();
      same = same && same_bits(alone.y.data.data(), batch.y.data.data() + sample * length, length);
    }
  }
  CHECK(same);
}

// Sets the number of threads until the end of the scope.
class ThreadCount {
 public:
  explicit ThreadCount(int count) : before_(thread_count()) { set_thread_count(count); }
  ~ThreadCount() { set_thread_count(before_); }
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;

 private:
  int before_;
};

// A second step gives the same gradients as the first: nothing is added to what the first one left.
inline void check_steps_agree(const NormSpec& norm, const NormGeometry& geometry, Activation activation) {
  NormLayer<float> once(norm, geometry, activation), twice(norm, geometry, activation);
  for (auto* layer : {&once, &twice, &twice}) {
    layer->graph.forward();
    layer->graph.backward();
  }
  CHECK(same_bits(once.x.gradient.data(), twice.x.gradient.data(), once.x.gradient.size()));
  for (std::size_t p = 0; p < once.parameters.parameters().size(); ++p) {
    const auto &a = once.parameters.parameters()[p], &b = twice.parameters.parameters()[p];
    CAPTURE(a.name);
    CHECK(same_bits(a.gradient.data(), b.gradient.data(), a.gradient.size()));
  }
}

// Outputs and their gradients are the same, bit for bit, with one thread and with two; parameter gradients,
// whose sums are divided among the threads, to rounding.
inline void check_threads_agree(const NormSpec& norm, Activation activation) {
  const NormGeometry geometry{16, 40, 48};
  const auto run = [&](NormLayer<float>& layer) {
    layer.graph.forward();
    layer.graph.backward();
  };
  const ThreadCount one(1);
  NormLayer<float> single(norm, geometry, activation);
  run(single);
  const ThreadCount two(2);
  NormLayer<float> pair(norm, geometry, activation);
  run(pair);
  CHECK(same_bits(single.y.data.data(), pair.y.data.data(), single.y.data.size()));
  CHECK(same_bits(single.x.gradient.data(), pair.x.gradient.data(), single.x.gradient.size()));
  double worst = 0, scale = 1;
  for (std::size_t p = 0; p < single.parameters.parameters().size(); ++p) {
    const auto& a = single.parameters.parameters()[p].gradient;
    const auto& b = pair.parameters.parameters()[p].gradient;
    for (Index i = 0; i < a.size(); ++i) {
      worst = std::max<double>(worst, std::abs(a[i] - b[i]));
      scale = std::max<double>(scale, std::abs(a[i]));
    }
  }
  CHECK(worst < 1e-5 * scale);
}

// Of relu the gradient needs the output alone, of gelu the input too.
inline void check_threads_agree(const NormSpec& norm) {
  for (const auto activation : {Activation::relu, Activation::gelu}) {
    check_threads_agree(norm, activation);
    check_steps_agree(norm, {16, 40, 48}, activation);
  }
}

}  // namespace normlab::test
