#include "normlab/nn/norm/dynamic_tanh.h"

#include <limits>

#include "nn/norm/norm_checks.h"

namespace normlab {
namespace {

const NormSpec dyt{.kind = Norm::dyt};

double gradient_of_alpha(auto& layer) {
  layer.graph.forward();
  layer.graph.backward();
  const auto& alpha = layer.parameters.parameters().front();
  REQUIRE(alpha.name == "hidden.0.norm.alpha");
  return alpha.gradient[0];
}

}  // namespace

TEST_CASE("dynamic tanh computes its definition in forward(), on vectors and on maps") {
  test::check_forward(dyt, {{3, 1, 21}, {2, 6, 5}, {19, 1, 83}});
}

TEST_CASE("dynamic tanh's backward pass agrees with finite differences, for every activation") {
  test::check_backward(dyt, {{3, 1, 21}, {2, 6, 5}, {19, 1, 3}});
}

TEST_CASE("dynamic tanh treats every sample by itself, on any number of threads") {
  test::check_samples_are_independent(dyt, {5, 1, 300});
  test::check_samples_are_independent(dyt, {5, 7, 20});
  test::check_threads_agree(dyt);
}

TEST_CASE("the gradient of alpha, a sum over everything, is accurate in single precision") {
  const NormGeometry geometry{4096, 1, 300};
  const test::ThreadCount one(1);
  test::NormLayer<double> exact(dyt, geometry, Activation::identity);
  test::NormLayer<float> layer(dyt, geometry, Activation::identity);
  for (Index i = 0; i < layer.x.data.size(); ++i) exact.x.data[i] = layer.x.data[i];
  for (Index i = 0; i < layer.y.gradient.size(); ++i) {
    // Of the sign of x: nothing cancels.
    layer.y.gradient[i] = layer.x.data[i] < 0 ? -0.5F : 0.5F;
    exact.y.gradient[i] = layer.y.gradient[i];
  }
  const double expected = gradient_of_alpha(exact);
  CHECK(std::abs(gradient_of_alpha(layer) - expected) < 1e-5 * std::abs(expected));
}

TEST_CASE("dynamic tanh's alpha starts as it is set, one for the layer, and is neither drawn nor decayed") {
  Graph<float> graph(Mode::training);
  Parameters<float> parameters({.scheme = InitScheme::torch, .scale = 3}, 1);
  auto& x = graph.input({2, 1, 9}, GradientPlace::own);
  add_normalization(graph, parameters, "a", "linear", 5, x, {2, 1, 9}, {.kind = Norm::dyt, .alpha = 0.75},
                    Activation::relu);
  const auto& alpha = parameters.parameters().front();
  CHECK(alpha.name == "a.norm.alpha");
  CHECK(alpha.data.shape() == Shape{1});
  CHECK(alpha.data[0] == 0.75F);
  CHECK(alpha.role == ParameterRole::gain);
}

TEST_CASE("dynamic tanh passes on what is not a number") {
  test::NormLayer<float> layer(dyt, {1, 1, 21}, Activation::identity);
  layer.x.data[20] = std::numeric_limits<float>::quiet_NaN();
  layer.graph.forward();
  CHECK(std::isnan(layer.y.data[20]));
  CHECK_FALSE(std::isnan(layer.y.data[19]));
}

}  // namespace normlab
