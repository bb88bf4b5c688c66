#include "normlab/nn/recurrent/recurrent.h"

#include "normlab/nn/concat.h"
#include "torch_fixture.h"

namespace normlab {
namespace {

using test::TorchCase;

CellKind cell_named(const std::string& name) {
  return name == "lstm" ? CellKind::lstm : name == "gru" ? CellKind::gru : CellKind::tanh;
}

Affine affine_of(const nlohmann::json& settings) {
  const nlohmann::json affine = settings.value("affine", nlohmann::json(true));
  return affine == "gain" ? Affine::gain : affine == false ? Affine::none : Affine::all;
}

template <class T>
Value<T>& record(Graph<T>& graph, Parameters<T>& parameters, Value<T>& x, const TorchCase& c) {
  const auto& s = c.settings;
  RecurrentSpec spec{.cell = cell_named(s.at("cell")), .hidden = s.at("hidden")};
  const NormSpec norm{.kind = test::norm_named(s.at("norm")),
                      .epsilon = s.at("epsilon"),
                      .momentum = s.at("momentum"),
                      .groups = s.value("groups", Index{1}),
                      .affine = affine_of(s)};
  if (!s.at("bidirectional")) {
    const CarriedState carry = s.at("carried") ? CarriedState::carried : CarriedState::zero;
    return add_recurrent(graph, parameters, "", x, spec, norm, carry);
  }
  auto& forward = add_recurrent(graph, parameters, "", x, spec, norm, CarriedState::zero);
  spec.reverse = true;
  auto& reverse = add_recurrent(graph, parameters, "", x, spec, norm, CarriedState::zero);
  auto& y = graph.value({x.data.dimension(0), x.data.dimension(1), 2 * spec.hidden});
  graph.template add<Concat<T>>(forward, reverse, y);
  return y;
}

template <class T>
void compare(const TorchCase& c) {
  const bool training = c.settings.at("training");
  Graph<T> graph(training ? Mode::training : Mode::evaluation);
  Parameters<T> parameters({}, 1);
  auto& x = graph.input(c.tensor("x").shape, GradientPlace::own);
  auto& y = record(graph, parameters, x, c);
  graph.output(y);
  c.load_parameters(parameters);
  if (c.settings.at("carried")) {
    c.load("previous_x", x.data);
    graph.forward();
  }
  c.load("x", x.data);
  graph.forward();
  c.check("y", y.data);
  if (!training) return;
  c.load("dy", y.gradient);
  graph.backward();
  c.check("gradient/x", x.gradient);
  c.check_parameters(parameters);
}

void compare_cell(const std::string& cell) {
  const test::TorchFixture fixture("recurrent");
  int compared = 0;
  for (const TorchCase& c : fixture.cases()) {
    if (c.settings.at("cell") != cell) continue;
    compare<float>(c);
    compare<double>(c);
    ++compared;
  }
  CHECK(compared == 20);
}

}  // namespace

TEST_CASE("tanh recurrences, plain and normalized, agree with PyTorch, forward and backward") {
  compare_cell("rnn");
}

TEST_CASE("LSTMs, plain and normalized, agree with PyTorch, forward and backward") {
  compare_cell("lstm");
}

TEST_CASE("GRUs, plain and normalized, agree with PyTorch, forward and backward") {
  compare_cell("gru");
}

}  // namespace normlab
