// Compares backward() with central finite differences of forward(), in double precision.
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "normlab/core/random.h"
#include "normlab/nn/graph/graph.h"
#include "normlab/nn/graph/parameters.h"

namespace normlab::test {

inline void fill_normal(Tensor<double>& tensor, std::uint64_t seed, double deviation = 1, double mean = 0) {
  Random random(seed, hash_name("test"));
  for (double& element : tensor.span()) element = mean + deviation * random.normal();
}

// An input of a graph that wants a gradient, so that it can be checked like a parameter.
inline Value<double>& checked_input(Graph<double>& graph, const Shape& shape, std::uint64_t seed) {
  Value<double>& value = graph.input(shape, GradientPlace::own);
  fill_normal(value.data, seed);
  return value;
}

// The scalar loss is sum_i r_i y_i with fixed random r, so dy = r. Checks every element of every value in
// `wanted` (inputs and parameters). Central differences with step h are off by O(h^2): 1e-5 relative is far
// below what a wrong formula gives, far above rounding.
inline void check_gradients(Graph<double>& graph,
                            const std::vector<std::pair<std::string, Value<double>*>>& wanted,
                            Value<double>& y, double tolerance = 1e-6) {
  Tensor<double> r(y.data.shape());
  fill_normal(r, 99);
  graph.output(y);
  const auto loss = [&] {
    graph.forward();
    double sum = 0;
    for (Index i = 0; i < r.size(); ++i) sum += r[i] * y.data[i];
    return sum;
  };
  loss();
  y.gradient.copy_from(r);
  graph.backward();
  std::vector<Tensor<double>> analytic;
  for (const auto& [name, value] : wanted) {
    analytic.emplace_back(value->gradient.shape()).copy_from(value->gradient);
  }
  for (std::size_t v = 0; v < wanted.size(); ++v) {
    double worst = 0;
    std::string where = "";
    Tensor<double>& data = wanted[v].second->data;
    double scale = 1e-3;  // gradients far below the largest are compared with the largest
    for (const double g : analytic[v].span()) scale = std::max(scale, std::abs(g));
    for (Index i = 0; i < data.size(); ++i) {
      const double kept = data[i];
      const double h = 1e-5 * std::max(1.0, std::abs(kept));
      data[i] = kept + h;
      const double above = loss();
      data[i] = kept - h;
      const double below = loss();
      data[i] = kept;
      const double numeric = (above - below) / (2 * h);
      const double error = std::abs(numeric - analytic[v][i]) / scale;
      if (!(error <= worst)) {  // also catches not-a-number
        worst = error;
        where = wanted[v].first + "[" + std::to_string(i) + "]: backward " + std::to_string(analytic[v][i]) +
                ", finite difference " + std::to_string(numeric);
      }
    }
    INFO(where);
    CHECK(worst <= tolerance);
  }
}

// Inputs and all parameters of `parameters`.
inline std::vector<std::pair<std::string, Value<double>*>> everything(
    std::vector<std::pair<std::string, Value<double>*>> inputs, Parameters<double>& parameters) {
  for (auto& parameter : parameters.parameters()) inputs.emplace_back(parameter.name, &parameter);
  return inputs;
}

}  // namespace normlab::test
