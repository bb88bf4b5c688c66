#include "normlab/nn/norm/weight_norm.h"

#include "nn/norm/norm_checks.h"
#include "normlab/nn/linear.h"

namespace normlab {
namespace {

const NormSpec weight_norm{.kind = Norm::weight};

template <class T>
T& by_name(std::deque<T>& all, const std::string& name) {
  for (auto& one : all) {
    if (one.name == name) return one;
  }
  FAIL("no parameter " << name);
  return all.front();
}

void check_weight_gradients(const Shape& shape) {
  Graph<double> graph(Mode::training);
  Parameters<double> parameters({}, 1);
  auto& w = add_weight(graph, parameters, "hidden.0.linear", shape, weight_norm, Activation::relu);
  test::fill_normal(by_name(parameters.parameters(), "hidden.0.linear.weight_g").data, 3, 0.3, 1);
  test::check_gradients(graph, test::everything({}, parameters), w);
}

}  // namespace

TEST_CASE("weight norm's backward pass agrees with finite differences") {
  check_weight_gradients({3, 21});
  check_weight_gradients({5, 2, 3, 3});
}

TEST_CASE("weight norm has the names and shapes of torch.nn.utils.weight_norm and starts with w = v") {
  Graph<double> graph(Mode::training);
  Parameters<double> parameters({}, 1);
  auto& w = add_weight(graph, parameters, "c", {4, 2, 3, 3}, weight_norm, Activation::relu);
  graph.output(w);
  graph.forward();
  const auto& v = by_name(parameters.parameters(), "c.weight_v");
  const auto& g = by_name(parameters.parameters(), "c.weight_g");
  CHECK(v.data.shape() == Shape{4, 2, 3, 3});
  CHECK(g.data.shape() == Shape{4, 1, 1, 1});
  CHECK(v.role == ParameterRole::weight);
  CHECK(g.role == ParameterRole::gain);
  double worst = 0;
  for (Index i = 0; i < w.data.size(); ++i) worst = std::max(worst, std::abs(w.data[i] - v.data[i]));
  CHECK(worst < 1e-14);
}

TEST_CASE("weight norm: the length of a row of w is g, its direction that of v") {
  Graph<double> graph(Mode::training);
  Parameters<double> parameters({}, 1);
  auto& w = add_weight(graph, parameters, "l", {3, 37}, weight_norm, Activation::identity);
  graph.output(w);
  auto& v = by_name(parameters.parameters(), "l.weight_v").data;
  auto& g = by_name(parameters.parameters(), "l.weight_g").data;
  test::fill_normal(v, 4, 2);
  test::fill_normal(g, 5, 1);
  graph.forward();
  double worst = 0;
  for (Index row = 0; row < 3; ++row) {
    double square = 0;
    for (Index j = 0; j < 37; ++j) square += v[row * 37 + j] * v[row * 37 + j];
    for (Index j = 0; j < 37; ++j) {
      const double expected = g[row] * v[row * 37 + j] / std::sqrt(square);
      worst = std::max(worst, std::abs(w.data[row * 37 + j] - expected));
    }
  }
  CHECK(worst < 1e-13);
}

TEST_CASE("an evaluation graph follows what training does to v and g") {
  Parameters<float> parameters({}, 1);
  Graph<float> training(Mode::training), evaluation(Mode::evaluation);
  auto& w = add_weight(training, parameters, "l", {6, 20}, weight_norm, Activation::relu);
  training.output(w);
  auto& evaluated = add_weight(evaluation, parameters, "l", {6, 20}, weight_norm, Activation::relu);
  evaluation.forward();
  for (float& element : by_name(parameters.parameters(), "l.weight_v").data.span()) element -= 0.1F;
  by_name(parameters.parameters(), "l.weight_g").data[2] = 7;
  training.forward();
  evaluation.forward();
  CHECK(parameters.parameters().size() == 2);
  CHECK(test::same_bits(w.data.data(), evaluated.data.data(), w.data.size()));
}

TEST_CASE("weight norm gives the same on any number of threads") {
  const auto run = [](int threads, Tensor<float>& dv) {
    const test::ThreadCount count(threads);
    Graph<float> graph(Mode::training);
    Parameters<float> parameters({}, 1);
    auto& w = add_weight(graph, parameters, "l", {64, 700}, weight_norm, Activation::relu);
    graph.output(w);
    graph.forward();
    w.gradient.copy_from(w.data);
    w.gradient[3] = 1;
    graph.backward();
    dv = Tensor<float>(w.data.shape());
    dv.copy_from(by_name(parameters.parameters(), "l.weight_v").gradient);
  };
  Tensor<float> single, pair;
  run(1, single);
  run(2, pair);
  CHECK(test::same_bits(single.data(), pair.data(), single.size()));
}

}  // namespace normlab
