// What is particular to a norm in recurrent layers.
#include "nn/recurrent/recurrent_checks.h"
#include "normlab/nn/recurrent/recurrent.h"

namespace normlab {

TEST_CASE("recurrent batch norm: running statistics for every time step") {
  const test::RecurrentSize size;
  for (const auto cell : test::cells) {
    INFO(test::describe(cell, Norm::batch, false));
    Parameters<double> parameters({}, 1);
    test::RecurrentLayer<double> layer(cell, Norm::batch, false, size, parameters);
    test::RecurrentReference reference(cell, {.kind = Norm::batch}, size.hidden, parameters, "rnn.", "_l0");
    test::worst_error(layer, reference, false, size.hidden);
    double worst = 0;
    for (const auto& [matrix, steps] : reference.statistics) {
      const auto& mean = parameters.buffer("rnn.running_mean_" + matrix + "_l0", {}, 0);
      const auto& variance = parameters.buffer("rnn.running_var_" + matrix + "_l0", {}, 0);
      CHECK(mean.dimension(0) == size.steps);
      const Index columns = mean.dimension(1);
      for (Index i = 0; i < mean.size(); ++i) {
        const auto& s = steps[static_cast<std::size_t>(i / columns)];
        const auto j = static_cast<std::size_t>(i % columns);
        const double unbiased = s.variance[j] * static_cast<double>(size.batch) / double(size.batch - 1);
        worst = std::max(worst, std::abs(mean[i] - 0.1 * s.mean[j]));
        worst = std::max(worst, std::abs(variance[i] - (0.9 + 0.1 * unbiased)));
      }
    }
    CHECK(worst < 1e-12);
  }
}

TEST_CASE("recurrent batch norm: evaluation uses the running statistics, beyond the trained steps the last") {
  const test::RecurrentSize size;
  for (const auto cell : test::cells) {
    for (const bool reverse : {false, true}) {
      INFO(test::describe(cell, Norm::batch, reverse));
      Parameters<double> parameters({}, 1);
      test::RecurrentLayer<double> training(cell, Norm::batch, reverse, size, parameters);
      for (int i = 0; i < 3; ++i) training.graph.forward();
      test::RecurrentLayer<double> layer(cell, Norm::batch, reverse, {.steps = size.steps + 2, .batch = 1},
                                         parameters, CarriedState::zero, Mode::evaluation);
      test::RecurrentReference reference(cell, {.kind = Norm::batch}, size.hidden, parameters, "rnn.",
                                         reverse ? "_l0_reverse" : "_l0");
      reference.evaluation = true;
      CHECK(test::worst_error(layer, reference, reverse, size.hidden) < 1e-12);
    }
  }
}

TEST_CASE(
    "recurrent layer, RMS and group norm and dynamic tanh: a sample's output does not depend on the others, "
    "bit for bit") {
  const test::ThreadCount one(1);
  const test::RecurrentSize size{.steps = 5, .batch = 6, .in = 7, .hidden = 39};
  for (const auto cell : test::cells) {
    for (const auto norm : {Norm::layer, Norm::rms, Norm::group, Norm::dyt}) {
      INFO(test::describe(cell, norm, false));
      Parameters<float> parameters({}, 1);
      test::RecurrentLayer<float> layer(cell, norm, false, size, parameters);
      layer.graph.forward();
      const std::vector<float> before(layer.y->data.span().begin(), layer.y->data.span().end());
      Random random(11, 0);
      for (Index i = 0; i < layer.x.data.size(); ++i) {
        if (i / size.in % size.batch != 2) layer.x.data[i] = static_cast<float>(10 * random.normal());
      }
      layer.graph.forward();
      Index different = 0, others_different = 0;
      for (Index i = 0; i < layer.y->data.size(); ++i) {
        const bool changed = before[static_cast<std::size_t>(i)] != layer.y->data[i];
        (i / size.hidden % size.batch == 2 ? different : others_different) += changed ? 1 : 0;
      }
      CHECK(different == 0);
      CHECK(others_different > 0);
    }
  }
}

TEST_CASE("recurrent layer norm: summed inputs far from zero cost no accuracy") {
  for (const auto cell : test::cells) {
    INFO(test::describe(cell, Norm::layer, false));
    Parameters<double> exact_parameters({}, 1);
    Parameters<float> parameters({}, 1);
    const test::RecurrentSize size{.steps = 1, .batch = 2, .in = 1, .hidden = 64};
    test::RecurrentLayer<double> exact(cell, Norm::layer, false, size, exact_parameters);
    test::RecurrentLayer<float> layer(cell, Norm::layer, false, size, parameters);
    // x is one constant, so the weights are the summed inputs: mean 1e4, standard deviation 1.
    layer.x.data.fill(1.0F);
    exact.x.data.fill(1.0);
    auto& weights = parameters.parameters()[0].data;
    Random random(5, 5);
    for (Index i = 0; i < weights.size(); ++i) {
      weights[i] = static_cast<float>(1e4 + random.normal());
      exact_parameters.parameters()[0].data[i] = weights[i];
    }
    layer.graph.forward();
    exact.graph.forward();
    CHECK(test::relative_error(layer.y->data, exact.y->data) < 1e-4);
  }
}

TEST_CASE("recurrent layers say which norms are not defined") {
  const auto reason = [](const NormSpec& norm, Index batch, Index hidden) {
    return recurrent_undefined_reason(norm, batch, hidden).value_or("");
  };
  CHECK(reason({.kind = Norm::instance}, 4, 6) == "instance norm is not defined on recurrent layers");
  CHECK(reason({.kind = Norm::batch}, 1, 6) == "batch norm is not defined for a batch of one sample");
  CHECK(reason({.kind = Norm::batch}, 2, 6).empty());
  CHECK(reason({.kind = Norm::layer}, 1, 6).empty());
  CHECK(reason({.kind = Norm::group, .groups = 4}, 4, 6) ==
        "group norm is not defined where 6 hidden units do not divide into 4 equal groups");
  CHECK(reason({.kind = Norm::group, .groups = 0}, 4, 6) ==
        "group norm is not defined where 6 hidden units do not divide into 0 equal groups");
  CHECK(reason({.kind = Norm::group, .groups = 6}, 4, 6) ==
        "group norm is not defined for one feature per group (6 features, 6 groups)");
  CHECK(reason({.kind = Norm::group, .groups = 3}, 1, 6).empty());
}

}  // namespace normlab
