#include "normlab/nn/convolution.h"
#include "normlab/nn/linear.h"
#include "normlab/nn/norm/normalization.h"
#include "torch_fixture.h"

namespace normlab {
namespace {

using test::TorchCase;

template <class T>
void compare_normalization(const TorchCase& c) {
  const auto& s = c.settings;
  const Mode mode = s.at("training") ? Mode::training : Mode::evaluation;
  const Shape shape = c.tensor("x").shape;
  const NormSpec norm{.kind = test::norm_named(s.at("norm")),
                      .epsilon = s.at("epsilon"),
                      .momentum = s.at("momentum"),
                      .groups = s.at("groups")};
  Graph<T> graph(mode);
  Parameters<T> parameters({}, 1);
  auto& x = graph.input(shape, GradientPlace::own);
  auto& y = add_normalization(graph, parameters, "a", "linear", 1, x, {shape[0], shape[1], shape[2]}, norm,
                              test::activation_named(s.at("activation")));
  graph.output(y);
  c.load_parameters(parameters);
  c.load("x", x.data);
  graph.forward();
  c.check("y", y.data);
  if (mode == Mode::evaluation) return;
  c.load("dy", y.gradient);
  graph.backward();
  c.check("gradient/x", x.gradient);
  c.check_parameters(parameters);
}

// A layer with weight norm and its bias.
template <class T>
void compare_weight_norm(const TorchCase& c) {
  const bool image = c.name == "convolution";
  const Shape in = c.tensor("x").shape, out = c.tensor("y").shape;
  Graph<T> graph(Mode::training);
  Parameters<T> parameters({}, 1);
  const NormSpec norm{.kind = Norm::weight};
  auto& x = graph.input(in, GradientPlace::own);
  auto& weight = add_weight(graph, parameters, "a." + c.name, c.tensor("a." + c.name + ".weight_v").shape,
                            norm, Activation::identity);
  auto& summed = graph.value(out);
  if (image) {
    graph.template add<Conv2d<T>>(x, weight, summed, 1, 1);
  } else {
    graph.template add<Linear<T>>(x, weight, summed);
  }
  const NormGeometry geometry{out[0], image ? out[1] * out[2] : 1, out.back()};
  auto& y =
      add_normalization(graph, parameters, "a", c.name, 1, summed, geometry, norm, Activation::identity);
  graph.output(y);
  c.load_parameters(parameters);
  c.load("x", x.data);
  graph.forward();
  c.check("y", y.data);
  c.load("dy", y.gradient);
  graph.backward();
  c.check("gradient/x", x.gradient);
  c.check_parameters(parameters);
}

}  // namespace

TEST_CASE("normalizations of vectors and images agree with PyTorch, forward and backward") {
  const test::TorchFixture fixture("normalization");
  REQUIRE(fixture.cases().size() == 42);
  for (const TorchCase& c : fixture.cases()) {
    compare_normalization<float>(c);
    compare_normalization<double>(c);
  }
}

TEST_CASE("weight norm on linear and convolutional layers agrees with PyTorch, forward and backward") {
  const test::TorchFixture fixture("weight_norm");
  REQUIRE(fixture.cases().size() == 2);
  for (const TorchCase& c : fixture.cases()) {
    compare_weight_norm<float>(c);
    compare_weight_norm<double>(c);
  }
}

}  // namespace normlab
