#include "normlab/nn/recurrent/recurrent.h"

#include "nn/recurrent/recurrent_checks.h"
#include "normlab/nn/concat.h"
#include "normlab/onednn/version.h"

namespace normlab {

TEST_CASE("recurrent layers: backward passes agree with finite differences") {
  for (const auto cell : test::cells) {
    for (const NormSpec& norm : test::recurrent_specs()) {
      for (const bool reverse : {false, true}) {
        INFO(test::describe(cell, norm, reverse));
        Parameters<double> parameters({}, 1);
        test::RecurrentLayer<double> layer(cell, norm, reverse, {}, parameters);
        test::check_gradients(layer.graph, test::everything({{"x", &layer.x}}, parameters), *layer.y);
      }
    }
  }
}

TEST_CASE("recurrent layers: a sequence of several chunks of time steps has the right gradients") {
  for (const auto cell : test::cells) {
    for (const bool reverse : {false, true}) {
      // At most 128 rows are a chunk: a first one of two steps, and two of three; or of one, two and two.
      for (const test::RecurrentSize& size :
           {test::RecurrentSize{.steps = 8, .batch = 40, .in = 2, .hidden = 5},
            test::RecurrentSize{.steps = 5, .batch = 64, .in = 2, .hidden = 5}}) {
        INFO(test::describe(cell, Norm::none, reverse));
        Parameters<double> parameters({}, 1);
        test::RecurrentLayer<double> layer(cell, Norm::none, reverse, size, parameters);
        test::check_gradients(layer.graph, test::everything({{"x", &layer.x}}, parameters), *layer.y);
      }
    }
  }
}

TEST_CASE("recurrent layers: a single time step has no recurrent weight gradient") {
  Parameters<double> parameters({}, 1);
  test::RecurrentLayer<double> layer(CellKind::lstm, Norm::none, false, {.steps = 1}, parameters);
  parameters.recurrent_weight("rnn.weight_hh_l0", 4, 9).gradient.fill(1.0);
  layer.run();
  double largest = 0;
  for (const double g : parameters.recurrent_weight("rnn.weight_hh_l0", 4, 9).gradient.span())
    largest = std::max(largest, std::abs(g));
  CHECK(largest == 0.0);
}

TEST_CASE("recurrent layers: forward agrees with scalar loops over the formulas") {
  for (const auto cell : test::cells) {
    for (const NormSpec& norm : test::recurrent_specs()) {
      for (const bool reverse : {false, true}) {
        INFO(test::describe(cell, norm, reverse));
        Parameters<double> parameters({}, 1);
        const test::RecurrentSize size;
        test::RecurrentLayer<double> layer(cell, norm, reverse, size, parameters);
        test::RecurrentReference reference(cell, norm, size.hidden, parameters, "rnn.",
                                           reverse ? "_l0_reverse" : "_l0");
        CHECK(test::worst_error(layer, reference, reverse, size.hidden) < 1e-12);
      }
    }
  }
}

TEST_CASE("recurrent layers: single precision follows double precision, forward and backward") {
  const test::ThreadCount one(1);
  const test::RecurrentSize size{.steps = 6, .batch = 4, .in = 7, .hidden = 21};
  for (const auto cell : test::cells) {
    for (const auto norm : test::recurrent_norms) {
      INFO(test::describe(cell, norm, false));
      Parameters<double> exact_parameters({}, 1);
      Parameters<float> parameters({}, 1);
      test::RecurrentLayer<double> exact(cell, norm, false, size, exact_parameters);
      test::RecurrentLayer<float> layer(cell, norm, false, size, parameters);
      exact.run();
      layer.run();
      double worst = test::relative_error(layer.y->data, exact.y->data);
      worst = std::max(worst, test::relative_error(layer.x.gradient, exact.x.gradient));
      for (std::size_t i = 0; i < parameters.parameters().size(); ++i) {
        worst = std::max(worst, test::relative_error(parameters.parameters()[i].gradient,
                                                     exact_parameters.parameters()[i].gradient));
      }
      // Four samples may lie close together, which batch norm magnifies.
      CHECK(worst < (norm == Norm::batch ? 1e-3 : 1e-5));
    }
  }
}

TEST_CASE("recurrent layers: evaluation and training give the same, except under batch norm") {
  for (const auto cell : test::cells) {
    for (const auto norm : {Norm::none, Norm::layer, Norm::rms, Norm::group, Norm::weight, Norm::dyt}) {
      INFO(test::describe(cell, norm, true));
      Parameters<float> parameters({}, 1);
      test::RecurrentLayer<float> training(cell, norm, true, {}, parameters);
      test::RecurrentLayer<float> evaluation(cell, norm, true, {}, parameters, CarriedState::zero,
                                             Mode::evaluation);
      training.graph.forward();
      evaluation.graph.forward();
      CHECK(std::ranges::equal(training.y->data.span(), evaluation.y->data.span()));
    }
  }
}

TEST_CASE("bidirectional layers: both directions add to the gradient of their input") {
  for (const auto cell : test::cells) {
    for (const auto norm : {Norm::none, Norm::layer}) {
      INFO(test::describe(cell, norm, false));
      Graph<double> graph(Mode::training);
      Parameters<double> parameters({}, 1);
      auto& x = test::checked_input(graph, {3, 2, 4}, 7);
      RecurrentSpec spec{.cell = cell, .hidden = 5, .layer = 1};
      auto& forward = add_recurrent(graph, parameters, "rnn.", x, spec, {.kind = norm}, CarriedState::zero);
      spec.reverse = true;
      auto& reverse = add_recurrent(graph, parameters, "rnn.", x, spec, {.kind = norm}, CarriedState::zero);
      auto& y = graph.value({3, 2, 10});
      graph.add<Concat<double>>(forward, reverse, y);
      test::disturb(parameters);
      test::check_gradients(graph, test::everything({{"x", &x}}, parameters), y);
    }
  }
}

TEST_CASE("recurrent layers: two threads give what one gives") {
  const test::ThreadCount restored(thread_count());
  const test::RecurrentSize size{.steps = 2, .batch = 24, .in = 8, .hidden = 256};
  for (const auto cell : test::cells) {
    for (const auto norm : {Norm::none, Norm::layer, Norm::batch, Norm::dyt}) {
      INFO(test::describe(cell, norm, false));
      Parameters<float> parameters({}, 1);
      Parameters<float> parallel_parameters({}, 1);
      set_thread_count(1);
      test::RecurrentLayer<float> layer(cell, norm, false, size, parameters);
      layer.run();
      set_thread_count(2);
      test::RecurrentLayer<float> parallel(cell, norm, false, size, parallel_parameters);
      parallel.run();
      double worst = test::relative_error(parallel.y->data, layer.y->data);
      for (std::size_t i = 0; i < parameters.parameters().size(); ++i) {
        worst = std::max(worst, test::relative_error(parallel_parameters.parameters()[i].gradient,
                                                     parameters.parameters()[i].gradient));
      }
      CHECK(worst < 1e-4);
    }
  }
}

TEST_CASE("recurrent layers make no primitive after they are recorded") {
  for (const auto cell : test::cells) {
    Parameters<float> parameters({}, 1);
    test::RecurrentLayer<float> layer(cell, Norm::layer, false, {}, parameters, CarriedState::carried);
    layer.graph.finish();
    const auto made = onednn::primitives_made();
    layer.run();
    CHECK(onednn::primitives_made() == made);
  }
}

TEST_CASE("recurrent layers have the names and shapes of PyTorch's modules") {
  for (const auto cell : test::cells) {
    const Index gates = cell == CellKind::lstm ? 4 : (cell == CellKind::gru ? 3 : 1);
    Parameters<double> parameters({}, 1);
    test::RecurrentLayer<double> layer(cell, Norm::none, true, {}, parameters);
    std::map<std::string, Shape> shapes;
    for (const auto& parameter : parameters.parameters()) shapes[parameter.name] = parameter.data.shape();
    CHECK(shapes == std::map<std::string, Shape>{{"rnn.weight_ih_l0_reverse", {gates * 9, 4}},
                                                 {"rnn.weight_hh_l0_reverse", {gates * 9, 9}},
                                                 {"rnn.bias_ih_l0_reverse", {gates * 9}},
                                                 {"rnn.bias_hh_l0_reverse", {gates * 9}}});
    Parameters<double> weight_normed({}, 1);
    test::RecurrentLayer<double> other(cell, Norm::weight, false, {}, weight_normed);
    shapes.clear();
    for (const auto& parameter : weight_normed.parameters()) shapes[parameter.name] = parameter.data.shape();
    CHECK(shapes["rnn.weight_ih_l0_v"] == Shape{gates * 9, 4});
    CHECK(shapes["rnn.weight_hh_l0_g"] == Shape{gates * 9, 1});
  }
}

TEST_CASE("recurrent layers: a second backward pass gives the gradients of the first") {
  const test::ThreadCount one(1);
  for (const auto cell : test::cells) {
    for (const NormSpec& norm : test::recurrent_specs()) {
      INFO(test::describe(cell, norm, false));
      Parameters<double> parameters({}, 1);
      test::RecurrentLayer<double> layer(cell, norm, false, {}, parameters);
      layer.run();
      std::vector<std::vector<double>> first;
      for (const auto& parameter : parameters.parameters())
        first.emplace_back(parameter.gradient.span().begin(), parameter.gradient.span().end());
      layer.run();
      for (std::size_t i = 0; i < first.size(); ++i)
        CHECK(std::ranges::equal(parameters.parameters()[i].gradient.span(), first[i]));
    }
  }
}

}  // namespace normlab
