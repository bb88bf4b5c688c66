// A recurrent layer in a graph of its own, and what tests compare it by.
#pragma once

#include "nn/gradient_check.h"
#include "nn/norm/norm_checks.h"
#include "nn/recurrent/recurrent_reference.h"

namespace normlab::test {

inline constexpr CellKind cells[] = {CellKind::tanh, CellKind::lstm, CellKind::gru};
inline const std::vector<Norm> recurrent_norms =
    norms_where([](const NormTraits& norm) { return norm.recurrent; });
inline constexpr Affine all_affine[] = {Affine::all, Affine::gain, Affine::none};

struct RecurrentSize {
  Index steps = 4, batch = 5, in = 4, hidden = 9;
};

// Groups of three units of the default size.
inline NormSpec spec_of(Norm norm, Affine affine = Affine::all) {
  return {.kind = norm, .groups = 3, .affine = affine};
}

// Every norm of recurrent layers, with all that can be learned of it.
inline std::vector<NormSpec> recurrent_specs() {
  std::vector<NormSpec> specs;
  specs.reserve(recurrent_norms.size() * std::size(all_affine));
  for (const Norm norm : recurrent_norms) {
    for (const Affine affine : all_affine) {
      if (affine == Affine::all || traits(norm).normalizes()) specs.push_back(spec_of(norm, affine));
    }
  }
  return specs;
}

inline std::string describe(CellKind cell, const NormSpec& norm, bool reverse) {
  return "cell " + std::to_string(static_cast<int>(cell)) + ", " + traits(norm.kind).name + " norm, affine " +
         affine_names()[static_cast<std::size_t>(norm.affine)] + (reverse ? ", reverse" : "");
}
inline std::string describe(CellKind cell, Norm norm, bool reverse) {
  return describe(cell, spec_of(norm), reverse);
}

// Gains and biases away from where they start, so that a missing factor or term shows.
template <class T>
void disturb(Parameters<T>& parameters) {
  for (auto& parameter : parameters.parameters()) {
    if (parameter.role == ParameterRole::weight) continue;
    const bool gain = parameter.role == ParameterRole::gain;
    Random random(20, hash_name(parameter.name));
    for (T& element : parameter.data.span()) element = static_cast<T>((gain ? 1 : 0) + 0.3 * random.normal());
  }
}

// One layer in a graph of its own. The numbers do not depend on the type, the size of the graph or its mode.
template <class T>
struct RecurrentLayer {
  RecurrentLayer(CellKind cell, Norm norm, bool reverse, const RecurrentSize& size, Parameters<T>& parameters,
                 CarriedState carry = CarriedState::zero, Mode mode = Mode::training)
      : RecurrentLayer(cell, spec_of(norm), reverse, size, parameters, carry, mode) {}
  RecurrentLayer(CellKind cell, const NormSpec& norm, bool reverse, const RecurrentSize& size,
                 Parameters<T>& parameters, CarriedState carry = CarriedState::zero,
                 Mode mode = Mode::training)
      : graph(mode), x(graph.input({size.steps, size.batch, size.in}, GradientPlace::own)) {
    Random random(7, 7);
    for (T& element : x.data.span()) element = static_cast<T>(random.normal());
    const RecurrentSpec spec{.cell = cell, .hidden = size.hidden, .layer = 0, .reverse = reverse};
    y = &add_recurrent(graph, parameters, "rnn.", x, spec, norm, carry);
    graph.output(*y);
    disturb(parameters);
  }

  // The loss is a fixed random combination of y.
  void run() {
    graph.forward();
    Random random(9, 9);
    for (T& element : y->gradient.span()) element = static_cast<T>(random.normal());
    graph.backward();
  }

  Graph<T> graph;
  Value<T>& x;
  Value<T>* y;
};

// The largest absolute difference between y and the reference, over all time steps.
inline double worst_error(RecurrentLayer<double>& layer, RecurrentReference& reference, bool reverse,
                          Index hidden) {
  layer.graph.forward();
  const Index steps = layer.x.data.dimension(0);
  const Index batch = layer.x.data.dimension(1);
  const Index in = layer.x.data.dimension(2);
  Matrix h(static_cast<std::size_t>(batch), Row(static_cast<std::size_t>(hidden), 0.0));
  Matrix c = h;
  double worst = 0;
  for (Index step = 0; step < steps; ++step) {
    const Index time = reverse ? steps - 1 - step : step;
    Matrix x;
    for (Index b = 0; b < batch; ++b) {
      const double* row = layer.x.data.data() + (time * batch + b) * in;
      x.emplace_back(row, row + in);
    }
    reference.step(x, h, c);
    for (Index b = 0; b < batch; ++b) {
      for (Index j = 0; j < hidden; ++j) {
        const double expected = h[static_cast<std::size_t>(b)][static_cast<std::size_t>(j)];
        const double error = std::abs(layer.y->data[(time * batch + b) * hidden + j] - expected);
        if (!(error <= worst)) worst = error;
      }
    }
  }
  return worst;
}

// The largest difference, relative to the largest element.
template <class A, class B>
double relative_error(const Tensor<A>& actual, const Tensor<B>& expected) {
  double scale = 1e-3, worst = 0;
  for (const B e : expected.span()) scale = std::max(scale, std::abs(static_cast<double>(e)));
  for (Index i = 0; i < expected.size(); ++i) {
    const double error = std::abs(static_cast<double>(actual[i]) - static_cast<double>(expected[i])) / scale;
    if (!(error <= worst)) worst = error;
  }
  return worst;
}

}  // namespace normlab::test
