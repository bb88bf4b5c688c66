// What is particular to dynamic tanh in recurrent layers. That it is its definition is tested with the norms,
// in nn/recurrent/recurrent_test.cpp.
#include "nn/recurrent/recurrent_checks.h"
#include "normlab/nn/recurrent/recurrent.h"

namespace normlab {
namespace {

using Shapes = std::map<std::string, Shape>;

Shapes squashed_shapes(CellKind cell) {
  Parameters<float> parameters({}, 1);
  const test::RecurrentLayer<float> layer(cell, Norm::dyt, false, {}, parameters);
  Shapes shapes;
  for (const auto& parameter : parameters.parameters()) {
    if (parameter.role != ParameterRole::weight) shapes[parameter.name] = parameter.data.shape();
  }
  return shapes;
}

std::vector<float> alpha_gradients(CellKind cell, int threads) {
  const test::ThreadCount restored(threads);
  Parameters<float> parameters({}, 1);
  test::RecurrentLayer<float> layer(cell, Norm::dyt, false, {.steps = 3, .batch = 33, .in = 4, .hidden = 129},
                                    parameters);
  layer.run();
  std::vector<float> gradients;
  for (const auto& parameter : parameters.parameters()) {
    if (parameter.name.find("alpha") != std::string::npos) gradients.push_back(parameter.gradient[0]);
  }
  return gradients;
}

}  // namespace

TEST_CASE("recurrent dynamic tanh has an alpha for each matrix, and gains and biases as layer norm") {
  CHECK(squashed_shapes(CellKind::tanh) ==
        Shapes{{"rnn.alpha_l0", {1}}, {"rnn.gain_l0", {9}}, {"rnn.bias_l0", {9}}});
  CHECK(squashed_shapes(CellKind::gru) == Shapes{{"rnn.alpha_ih_l0", {1}},
                                                 {"rnn.alpha_hh_l0", {1}},
                                                 {"rnn.gain_ih_l0", {27}},
                                                 {"rnn.gain_hh_l0", {27}},
                                                 {"rnn.bias_ih_l0", {27}},
                                                 {"rnn.bias_hn_l0", {9}}});
  CHECK(squashed_shapes(CellKind::lstm) == Shapes{{"rnn.alpha_ih_l0", {1}},
                                                  {"rnn.alpha_hh_l0", {1}},
                                                  {"rnn.alpha_c_l0", {1}},
                                                  {"rnn.gain_ih_l0", {36}},
                                                  {"rnn.gain_hh_l0", {36}},
                                                  {"rnn.gain_c_l0", {9}},
                                                  {"rnn.bias_ih_l0", {36}},
                                                  {"rnn.bias_c_l0", {9}}});
}

TEST_CASE("recurrent dynamic tanh's alphas start as they are set, and gains at 1") {
  for (const auto cell : test::cells) {
    Parameters<float> parameters({}, 1);
    Graph<float> graph(Mode::training);
    auto& x = graph.input({2, 3, 4}, GradientPlace::own);
    add_recurrent(graph, parameters, "rnn.", x, {.cell = cell, .hidden = 9},
                  {.kind = Norm::dyt, .alpha = 0.75}, CarriedState::zero);
    for (const auto& parameter : parameters.parameters()) {
      if (parameter.role != ParameterRole::gain) continue;
      const bool alpha = parameter.name.starts_with("rnn.alpha");
      CHECK(parameter.data[0] == (alpha ? 0.75F : 1.0F));
    }
  }
}

TEST_CASE("recurrent dynamic tanh: the gradients of alpha are one result for one number of threads") {
  for (const auto cell : test::cells) {
    const auto alone = alpha_gradients(cell, 1), together = alpha_gradients(cell, 2);
    CHECK(alpha_gradients(cell, 2) == together);
    REQUIRE(alone.size() == together.size());
    for (std::size_t i = 0; i < alone.size(); ++i)
      CHECK(together[i] == doctest::Approx(alone[i]).epsilon(1e-4));
  }
}

TEST_CASE("recurrent dynamic tanh passes on what is not a number") {
  for (const auto cell : test::cells) {
    Parameters<float> parameters({}, 1);
    test::RecurrentLayer<float> layer(cell, Norm::dyt, false, {}, parameters);
    layer.x.data[0] = std::numeric_limits<float>::quiet_NaN();
    layer.graph.forward();
    CHECK(std::isnan(layer.y->data[0]));
  }
}

}  // namespace normlab
