// Recurrent layers that carry their state from one window to the next.
#include "nn/recurrent/recurrent_checks.h"
#include "normlab/nn/recurrent/recurrent.h"

namespace normlab {
namespace {

// Sets every carried state before the layer runs, as a window before it would.
class SetStates : public Op<double> {
 public:
  explicit SetStates(Parameters<double>& parameters) : parameters_(parameters) {}
  std::string name() const override { return "set states"; }
  void forward() override {
    for (auto& state : parameters_.states()) test::fill_normal(state.data, hash_name(state.name), 0.5);
  }
  void backward() override {}

 private:
  Parameters<double>& parameters_;
};

void check_carried_gradients(CellKind cell, const NormSpec& norm, Index steps, Index batch = 3) {
  INFO(test::describe(cell, norm, false));
  Graph<double> graph(Mode::training);
  Parameters<double> parameters({}, 1);
  auto& x = test::checked_input(graph, {steps, batch, 4}, 7);
  graph.add<SetStates>(parameters);
  auto& y =
      add_recurrent(graph, parameters, "rnn.", x, {.cell = cell, .hidden = 9}, norm, CarriedState::carried);
  test::disturb(parameters);
  test::check_gradients(graph, test::everything({{"x", &x}}, parameters), y);
}

}  // namespace

TEST_CASE("recurrent layers: backward passes from a carried state agree with finite differences") {
  for (const auto cell : test::cells) {
    for (const NormSpec& norm : test::recurrent_specs()) {
      check_carried_gradients(cell, norm, 3);
      check_carried_gradients(cell, norm, 1);
    }
  }
}

TEST_CASE("recurrent layers: several chunks of time steps from a carried state have the right gradients") {
  for (const auto cell : test::cells) check_carried_gradients(cell, {}, 5, 64);
}

TEST_CASE("recurrent layers: a carried state continues a long window in short ones") {
  for (const auto cell : test::cells) {
    for (const auto norm : {Norm::none, Norm::layer, Norm::rms, Norm::group, Norm::weight, Norm::dyt}) {
      for (const auto mode : {Mode::training, Mode::evaluation}) {
        INFO(test::describe(cell, norm, false));
        Parameters<double> parameters({}, 1);
        test::RecurrentLayer<double> all(cell, norm, false, {.steps = 6}, parameters);
        test::RecurrentLayer<double> part(cell, norm, false, {.steps = 3}, parameters, CarriedState::carried,
                                          mode);
        all.graph.forward();
        const Index half = part.y->data.size();
        part.graph.forward();  // leaves a state behind, which the reset forgets
        reset_carried_state(parameters, mode);
        part.graph.forward();
        double worst = 0;
        for (Index i = 0; i < half; ++i) worst = std::max(worst, std::abs(part.y->data[i] - all.y->data[i]));
        std::copy_n(all.x.data.data() + part.x.data.size(), part.x.data.size(), part.x.data.data());
        part.graph.forward();
        for (Index i = 0; i < half; ++i) {
          worst = std::max(worst, std::abs(part.y->data[i] - all.y->data[half + i]));
        }
        CHECK(worst < 1e-12);
      }
    }
  }
}

TEST_CASE("recurrent layers: training and evaluation carry states of their own") {
  Parameters<double> parameters({}, 1);
  test::RecurrentLayer<double> training(CellKind::lstm, Norm::none, false, {}, parameters,
                                        CarriedState::carried);
  test::RecurrentLayer<double> evaluation(CellKind::lstm, Norm::none, false, {}, parameters,
                                          CarriedState::carried, Mode::evaluation);
  training.graph.forward();
  evaluation.graph.forward();
  CHECK(std::ranges::equal(training.y->data.span(), evaluation.y->data.span()));  // both started at zero
}

}  // namespace normlab
