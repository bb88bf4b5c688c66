#include "normlab/nn/layer_norm.h"

#include "gradient_check.h"

namespace normlab {
namespace {

struct Case {
  Index batch, positions, channels;
};

void check_layer_norm(const Case& c, Activation activation) {
  Graph<double> graph(Mode::training);
  Parameters<double> parameters({}, 1);
  auto& x = test::checked_input(graph, {c.batch, c.positions, c.channels}, 7);
  auto& gain = parameters.constant("gain", ParameterRole::gain, {c.channels}, 1);
  auto& bias = parameters.constant("bias", ParameterRole::bias, {c.channels}, 0);
  test::fill_normal(gain.data, 8, 0.3, 1);
  test::fill_normal(bias.data, 9, 0.3);
  auto& y = graph.value({c.batch, c.positions, c.channels});
  graph.add<LayerNorm<double>>(x, gain, bias, y, NormGeometry{c.batch, c.positions, c.channels}, 1e-5,
                               activation);
  test::check_gradients(graph, test::everything({{"x", &x}}, parameters), y);
}

}  // namespace

TEST_CASE("layer norm's backward pass agrees with finite differences, for every activation") {
  for (const auto activation : {Activation::identity, Activation::relu, Activation::tanh, Activation::gelu}) {
    CAPTURE(static_cast<int>(activation));
    check_layer_norm({3, 1, 21}, activation);  // 21: whole vectors and a part, on every instruction set
    check_layer_norm({2, 6, 5}, activation);
  }
}

TEST_CASE("layer norm is exact where E[x^2] - E[x]^2 in single precision is not") {
  constexpr Index n = 1000;
  Graph<float> graph(Mode::evaluation);
  Parameters<float> parameters({}, 1);
  auto& x = graph.input({4, n});
  Random random(3, 0);
  for (float& element : x.data.span()) element = static_cast<float>(1e4 + random.normal());
  auto& gain = parameters.constant("gain", ParameterRole::gain, {n}, 1);
  auto& bias = parameters.constant("bias", ParameterRole::bias, {n}, 0);
  auto& y = graph.value({4, n});
  graph.add<LayerNorm<float>>(x, gain, bias, y, NormGeometry{4, 1, n}, 1e-5, Activation::identity);
  graph.forward();
  double worst = 0;
  for (Index row = 0; row < 4; ++row) {
    double mean = 0, variance = 0;
    for (Index i = 0; i < n; ++i) mean += x.data[row * n + i] / double(n);
    for (Index i = 0; i < n; ++i) variance += std::pow(x.data[row * n + i] - mean, 2) / double(n);
    for (Index i = 0; i < n; ++i) {
      const double expected = (x.data[row * n + i] - mean) / std::sqrt(variance + 1e-5);
      worst = std::max(worst, std::abs(y.data[row * n + i] - expected));
    }
  }
  CHECK(worst < 1e-5);  // the contract is 1e-3
}

}  // namespace normlab
