// The wiring of a graph: several readers of a value, several uses of a parameter, and what is no wiring.
#include "normlab/nn/graph/graph.h"

#include "nn/gradient_check.h"
#include "normlab/nn/concat.h"
#include "normlab/nn/embedding.h"
#include "normlab/nn/linear.h"
#include "normlab/nn/norm/bias.h"
#include "normlab/nn/norm/normalization.h"
#include "normlab/nn/recurrent/recurrent.h"
#include "normlab/nn/softmax_cross_entropy.h"

namespace normlab {
namespace {

constexpr Index rows = 3, width = 4;
const NormGeometry vectors{.batch = rows, .positions = 1, .channels = width};

// y = x W^T with a square W, so that layers can follow each other.
Value<double>& add_linear(Graph<double>& graph, Value<double>& x, Value<double>& weight) {
  auto& y = graph.value({rows, width});
  graph.add<Linear<double>>(x, weight, y);
  return y;
}

Value<double>& add_bias(Graph<double>& graph, Value<double>& x, Parameter<double>& bias) {
  auto& y = graph.value({rows, width});
  graph.add<Bias<double>>(x, bias, y, vectors, Activation::tanh);
  return y;
}

Value<double>& add_concat(Graph<double>& graph, Value<double>& a, Value<double>& b) {
  auto& y = graph.value({rows, 2 * width});
  graph.add<Concat<double>>(a, b, y);
  return y;
}

Parameter<double>& square_weight(Parameters<double>& parameters, const std::string& name) {
  return parameters.weight(name, {width, width}, Activation::identity);
}

template <class Body>
std::string wiring_error(const Body& body) {
  try {
    body();
  } catch (const std::logic_error& error) {
    return error.what();
  }
  return "";
}

bool says(const std::string& message, const std::string& words) {
  INFO(message);
  return message.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("a value with several readers has the sum of their gradients, whether or not they can add") {
  // Linear adds by itself, Bias and Concat leave it to the graph; each is the first and the last to write
  // once.
  for (const std::string order : {"linear bias", "bias linear", "bias bias", "linear linear", "same twice"}) {
    CAPTURE(order);
    Graph<double> graph(Mode::training);
    Parameters<double> parameters({}, 1);
    auto& x = test::checked_input(graph, {rows, width}, 1);
    auto& shared = add_linear(graph, x, square_weight(parameters, "shared"));
    const auto reader = [&](bool linear, const std::string& name) -> Value<double>& {
      if (linear) return add_linear(graph, shared, square_weight(parameters, name));
      return add_bias(graph, shared, parameters.bias(name, width, width));
    };
    auto& a = order == "same twice" ? shared : reader(order.starts_with("linear"), "a");
    auto& b = order == "same twice" ? shared : reader(order.ends_with("linear"), "b");
    auto& y = add_concat(graph, a, b);
    test::check_gradients(graph, test::everything({{"x", &x}}, parameters), y);
  }
}

TEST_CASE("a residual connection around a normalized layer has the gradient of finite differences") {
  for (const Norm norm : {Norm::batch, Norm::layer, Norm::rms, Norm::group}) {
    Graph<double> graph(Mode::training);
    Parameters<double> parameters({}, 1);
    auto& x = test::checked_input(graph, {rows, width}, 1);
    auto& h = add_linear(graph, x, square_weight(parameters, "in"));
    auto& n = add_normalization(graph, parameters, "n", "linear", width, h, vectors,
                                {.kind = norm, .groups = 2}, Activation::tanh);
    auto& y = add_concat(graph, add_linear(graph, n, square_weight(parameters, "out")), h);
    test::check_gradients(graph, test::everything({{"x", &x}}, parameters), y);
  }
}

TEST_CASE("a parameter that is used several times has the sum of its uses' gradients") {
  Graph<double> graph(Mode::training);
  Parameters<double> parameters({}, 1);
  auto& x = test::checked_input(graph, {rows, width}, 1);
  auto& weight = square_weight(parameters, "weight");
  auto& bias = parameters.bias("bias", width, width);
  Value<double>* y = &x;
  for (int use = 0; use < 3; ++use) y = &add_bias(graph, add_linear(graph, *y, weight), bias);
  test::check_gradients(graph, test::everything({{"x", &x}}, parameters), *y);
}

TEST_CASE("an embedding can be tied to the weight of the output layer") {
  Graph<double> graph(Mode::training);
  Parameters<double> parameters({}, 1);
  auto& table = parameters.weight("table", {5, width}, Activation::identity);
  auto& embedded = graph.value({rows, width});
  graph.add<Embedding<double>>(table, embedded).indices() = {2, 0, 2};
  auto& hidden = add_bias(graph, embedded, parameters.bias("bias", width, width));
  auto& logits = graph.value({rows, 5});
  graph.add<Linear<double>>(hidden, table, logits);
  test::check_gradients(graph, test::everything({}, parameters), logits);
}

TEST_CASE("recurrent layers can share their weights and their input") {
  for (const CellKind cell : {CellKind::tanh, CellKind::lstm, CellKind::gru}) {
    for (const Norm norm : {Norm::none, Norm::layer, Norm::batch, Norm::weight}) {
      for (const Index steps : {1, 3}) {
        Graph<double> graph(Mode::training);
        Parameters<double> parameters({}, 1);
        auto& x = test::checked_input(graph, {steps, rows, width}, 1);
        const RecurrentSpec spec{.cell = cell, .hidden = width};
        const auto add = [&](Value<double>& from) -> Value<double>& {
          return add_recurrent(graph, parameters, "r.", from, spec, {.kind = norm}, CarriedState::zero);
        };
        auto& first = add(x);
        auto& second = add(first);
        auto& y = graph.value({steps, rows, 2 * width});
        graph.add<Concat<double>>(second, first, y);
        test::check_gradients(graph, test::everything({{"x", &x}}, parameters), y, 1e-5);
      }
    }
  }
}

TEST_CASE("the gradient of a parameter is told once, as soon as its first use is behind") {
  Graph<double> graph(Mode::training);
  Parameters<double> parameters({}, 1);
  auto& x = graph.input({rows, width});
  auto& shared = square_weight(parameters, "shared");
  auto& single = square_weight(parameters, "single");
  auto& bias = parameters.bias("bias", width, width);
  auto& a = add_linear(graph, x, shared);
  auto& b = add_bias(graph, add_linear(graph, a, single), bias);
  auto& y = add_linear(graph, b, shared);
  graph.output(y);
  test::fill_normal(x.data, 1);
  graph.forward();
  test::fill_normal(y.gradient, 2);
  std::vector<std::string> names;
  std::vector<double> values;
  graph.observe_gradients([&](Parameter<double>& parameter) {
    names.push_back(parameter.name);
    values.push_back(parameter.gradient[0]);
  });
  graph.backward();
  CHECK(names == std::vector<std::string>{"bias", "single", "shared"});
  CHECK(values == std::vector<double>{bias.gradient[0], single.gradient[0], shared.gradient[0]});
}

TEST_CASE("wrong wiring is an error when it is recorded") {
  Parameters<double> parameters({}, 1);
  auto& weight = square_weight(parameters, "weight");
  CHECK(says(wiring_error([&] {
               Graph<double> graph(Mode::training);
               add_linear(graph, graph.value({rows, width}), weight);
             }),
             "linear: the value [3, 4] is read before anything has written it"));
  CHECK(says(wiring_error([&] {
               Graph<double> graph(Mode::training);
               auto& x = graph.input({rows, width});
               graph.add<Linear<double>>(x, weight, add_linear(graph, x, weight));
             }),
             "linear: the value [3, 4] has been written by another operation"));
  CHECK(says(wiring_error([&] {
               Graph<double> graph(Mode::evaluation);
               graph.value({rows, 7});
               graph.finish();
             }),
             "the value [3, 7] is written by no operation"));
  CHECK(says(wiring_error([&] {
               Graph<double> graph(Mode::training);
               add_linear(graph, graph.input({rows, width}), weight);
               graph.finish();
             }),
             "linear: the value [3, 4] has a gradient that nothing writes"));
  CHECK(says(wiring_error([&] {
               Graph<double> graph(Mode::training);
               auto& x = graph.input({rows, width}, GradientPlace::over_data);
               graph.output(add_linear(graph, x, weight));
               graph.output(add_linear(graph, x, weight));
               graph.finish();
             }),
             "cannot have a second reader"));
  CHECK(says(wiring_error([&] {
               Graph<double> graph(Mode::training);
               auto& logits = add_linear(graph, graph.input({rows, width}), weight);
               graph.add<SoftmaxCrossEntropy<double>>(logits);
               graph.add<SoftmaxCrossEntropy<double>>(logits);
               graph.finish();
             }),
             "cannot have a second reader"));
  CHECK(says(wiring_error([&] {
               Graph<double> graph(Mode::evaluation);
               auto& x = graph.input({rows, width});
               graph.finish();
               add_linear(graph, x, weight);
             }),
             "is recorded after the end"));
}

TEST_CASE("what nobody wants a gradient of can be normalized") {
  Graph<double> graph(Mode::training);
  Parameters<double> parameters({}, 1);
  auto& x = graph.input({rows, width});
  test::fill_normal(x.data, 1);
  auto& y = add_normalization(graph, parameters, "n", "linear", width, x, vectors, {.kind = Norm::layer},
                              Activation::identity);
  test::check_gradients(graph, test::everything({}, parameters), y);
}

TEST_CASE("a graph describes its operations") {
  Graph<double> graph(Mode::training);
  Parameters<double> parameters({}, 1);
  auto& x = graph.input({rows, width});
  auto& y = add_bias(graph, add_linear(graph, x, square_weight(parameters, "weight")),
                     parameters.bias("bias", width, width));
  graph.output(y);
  graph.finish();
  const auto lines = graph.describe();
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].name == "linear");
  CHECK(lines[0].inputs == std::vector<Shape>{{rows, width}});
  CHECK(lines[0].parameters == std::vector<Shape>{{width, width}});
  CHECK(lines[0].outputs == std::vector<Shape>{{rows, width}});
  CHECK(lines[0].kept_bytes == rows * width * 8);
  CHECK(lines[0].multiply_adds == rows * width * width);
  CHECK(lines[1].name == "bias, tanh");
  CHECK(lines[1].parameters == std::vector<Shape>{{width}});
  CHECK(lines[1].multiply_adds == 0);
}

}  // namespace normlab
