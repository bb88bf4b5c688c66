// Every weight that a model draws, of every kind of layer and every scheme, against the variance of its
// formula.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "normlab/models/cnn.h"
#include "normlab/models/mlp.h"
#include "normlab/models/model.h"
#include "normlab/models/recurrent.h"
#include "normlab/tasks/classification.h"
#include "normlab/tasks/language_modelling.h"
#include "text.h"

namespace normlab {
namespace {

using testing::contains;
enum class Law { uniform, normal, orthogonal, zero };

struct Expected {
  Law law = Law::zero;
  double variance = 0;
};

Expected glorot(double in, double out) {
  return {Law::uniform, 2 / (in + out)};
}
Expected he(double in) {
  return {Law::normal, 2 / in};
}
Expected torch_uniform(double in) {
  return {Law::uniform, 1 / (3 * in)};
}

struct Network {
  InitScheme scheme;
  Activation activation;  // behind hidden layers
  Index hidden;           // of recurrent layers
};

// What docs/experiment-format.md says of a weight: shape (out, in) or (out, in, height, width).
Expected expected_weight(const Network& network, const std::string& name, const Shape& shape) {
  double kernel = 1;
  for (std::size_t i = 2; i < shape.size(); ++i) kernel *= static_cast<double>(shape[i]);
  const double in = static_cast<double>(shape[1]) * kernel, out = static_cast<double>(shape[0]) * kernel;
  const bool torch = network.scheme == InitScheme::torch;
  if (contains(name, "weight_ih") || contains(name, "weight_hh")) {
    const double hidden = static_cast<double>(network.hidden);
    if (torch) return torch_uniform(hidden);
    if (contains(name, "weight_hh")) return {Law::orthogonal, 1 / hidden};
    return glorot(in, hidden);
  }
  if (torch) return torch_uniform(in);
  if (network.scheme == InitScheme::he) return he(in);
  const bool hidden_layer = contains(name, "linear") || contains(name, "convolution");
  const bool rectified = network.activation == Activation::relu || network.activation == Activation::gelu;
  if (network.scheme == InitScheme::standard && hidden_layer && rectified) return he(in);
  return glorot(in, out);
}

// Of n draws. The mean square has a relative deviation of sqrt((kurtosis - 1) / n); the largest of n uniform
// draws misses the bound by 1 / n of it on average, and by more than 8 / n in 3 of 10,000 cases.
void check_draws(const Tensor<float>& tensor, const Expected& expected) {
  const double n = static_cast<double>(tensor.size());
  double squares = 0, largest = 0;
  for (const double x : tensor.span()) {
    squares += x * x;
    largest = std::max(largest, std::abs(x));
  }
  const double ratio = expected.law == Law::zero ? 1 : squares / n / expected.variance;
  switch (expected.law) {
    case Law::zero:
      CHECK(largest == 0);
      break;
    case Law::orthogonal:
      CHECK(ratio == doctest::Approx(1).epsilon(1e-5));
      break;
    case Law::normal:
      CHECK(std::abs(ratio - 1) < 5 * std::sqrt(2 / n));
      CHECK(largest > 1.1 * std::sqrt(3 * expected.variance));  // no uniform draw of that variance is
      break;
    case Law::uniform: {
      const double bound = std::sqrt(3 * expected.variance);
      CHECK(std::abs(ratio - 1) < 5 * std::sqrt(0.8 / n));
      CHECK(largest <= bound * (1 + 1e-6));
      CHECK(largest >= bound * (1 - 8 / n));
      break;
    }
  }
}

double fan_in_of_bias(const Network& network, const std::string& name, Parameters<float>& parameters) {
  if (contains(name, "recurrent")) return static_cast<double>(network.hidden);
  const std::string layer = name.substr(0, name.rfind('.'));
  for (const auto& weight : parameters.parameters()) {
    if (weight.name == layer + ".weight" || weight.name == layer + ".weight_v")
      return static_cast<double>(weight.data.size() / weight.data.dimension(0));
  }
  FAIL("no weight belongs to " << name);
  return 0;
}

void check_parameters(const Network& network, Parameters<float>& parameters, double scale) {
  for (const auto& parameter : parameters.parameters()) {
    CAPTURE(parameter.name);
    Expected expected;
    if (parameter.role == ParameterRole::gain) continue;  // weight norm's: the rows' norms
    if (parameter.role == ParameterRole::weight) {
      expected = expected_weight(network, parameter.name, parameter.data.shape());
    } else if (network.scheme == InitScheme::torch) {
      expected = torch_uniform(fan_in_of_bias(network, parameter.name, parameters));
    }
    expected.variance *= scale * scale;
    check_draws(parameter.data, expected);
  }
}

void check_model(const ModelSpec& model, Activation activation, Index hidden_size, const TaskShape& task,
                 std::size_t tensors) {
  for (const auto scheme : {InitScheme::standard, InitScheme::glorot, InitScheme::he, InitScheme::torch}) {
    for (const Norm norm : {Norm::none, Norm::weight}) {
      for (const double scale : {1.0, 0.5}) {
        CAPTURE(static_cast<int>(scheme));
        CAPTURE(static_cast<int>(norm));
        CAPTURE(scale);
        Parameters<float> parameters({.scheme = scheme, .scale = scale}, 5);
        record_model(model, {.kind = norm}, task, 2, Mode::evaluation, parameters);
        if (norm == Norm::none) CHECK(parameters.parameters().size() == tensors);
        check_parameters({scheme, activation, hidden_size}, parameters, scale);
      }
    }
  }
}

const TaskShape images = classification_of({.height = 12, .width = 20}, 30);

}  // namespace

TEST_CASE("an mlp draws its weights from its scheme, by the activation behind each layer") {
  for (const auto activation : {Activation::relu, Activation::gelu, Activation::tanh}) {
    CAPTURE(static_cast<int>(activation));
    check_model(Mlp{.hidden = {90, 70}, .activation = activation}, activation, 0, images, 6);
  }
}

TEST_CASE("a cnn draws kernels and dense weights from its scheme, by the activation behind each layer") {
  for (const auto activation : {Activation::relu, Activation::tanh}) {
    CAPTURE(static_cast<int>(activation));
    check_model(Cnn{.blocks = {{16, 24}, {20}}, .dense = {40}, .activation = activation}, activation, 0,
                images, 10);
  }
}

TEST_CASE("recurrent layers draw input weights by the fans of a gate, and orthogonal recurrent weights") {
  for (const auto cell : {CellKind::tanh, CellKind::lstm, CellKind::gru}) {
    CAPTURE(static_cast<int>(cell));
    check_model(Recurrent{.cell = cell, .layers = 2, .hidden_size = 48, .bidirectional = true},
                Activation::relu, 48, images, 18);
  }
}

TEST_CASE("a text model draws its embedding as a weight with the vocabulary as its fan-out") {
  check_model(Recurrent{.cell = CellKind::lstm, .hidden_size = 40, .embedding = 32, .window = 3},
              Activation::relu, 40, language_modelling_of(TextUnit::character, 80), 7);
}

}  // namespace normlab
