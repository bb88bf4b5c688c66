#include "normlab/nn/recurrent.h"

#include "gradient_check.h"

namespace normlab {
namespace {

constexpr Index T = 4, B = 3, H = 5, D = 4;

std::string describe(CellKind cell, Norm norm, bool reverse) {
  return "cell " + std::to_string(static_cast<int>(cell)) + ", norm " +
         std::to_string(static_cast<int>(norm)) + (reverse ? ", reverse" : "");
}

// Gains and biases away from where they start, so that a missing factor or term shows.
void disturb(Parameters<double>& parameters) {
  std::uint64_t seed = 20;
  for (auto& parameter : parameters.parameters()) {
    if (parameter.role == ParameterRole::gain) test::fill_normal(parameter.data, ++seed, 0.3, 1);
    if (parameter.role == ParameterRole::bias) test::fill_normal(parameter.data, ++seed, 0.3);
  }
}

void check_recurrent(CellKind cell, Norm norm, bool reverse) {
  INFO(describe(cell, norm, reverse));
  Graph<double> graph(Mode::training);
  Parameters<double> parameters({}, 1);
  auto& x = test::checked_input(graph, {T, B, D}, 7);
  const RecurrentSpec spec{.cell = cell, .hidden = H, .layer = 0, .reverse = reverse};
  auto& y = add_recurrent(graph, parameters, "rnn.", x, spec, {.kind = norm}, CarriedState::zero);
  disturb(parameters);
  test::check_gradients(graph, test::everything({{"x", &x}}, parameters), y);
}

}  // namespace

TEST_CASE("backward passes of recurrent layers agree with finite differences") {
  for (const auto cell : {CellKind::tanh, CellKind::lstm, CellKind::gru}) {
    for (const auto norm : {Norm::none, Norm::layer, Norm::rms, Norm::batch}) {
      for (const bool reverse : {false, true}) check_recurrent(cell, norm, reverse);
    }
  }
}

}  // namespace normlab
