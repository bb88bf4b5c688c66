// What --track layers reports, on numbers whose statistics have closed forms.
#include "normlab/train/layer_statistics.h"

#include <doctest/doctest.h>

#include <cmath>

namespace normlab {
namespace {

// first, first + 1, ... : n numbers in steps of one.
void count_up(Tensor<float>& tensor, double first) {
  for (Index i = 0; i < tensor.size(); ++i) tensor[i] = static_cast<float>(first + static_cast<double>(i));
}

// 1^2 + 2^2 + ... + n^2
double sum_of_squares_up_to(double n) {
  return n * (n + 1) * (2 * n + 1) / 6;
}

// An operation with two parameters.
class Reader : public Op<float> {
 public:
  Reader(Value<float>& x, Parameter<float>& a, Parameter<float>& b)
      : x_(*this, x), a_(*this, a), b_(*this, b) {}
  std::string name() const override { return "reader"; }
  void forward() override {}
  void backward() override {}

 private:
  Input<float> x_, a_, b_;
};

}  // namespace

TEST_CASE("a layer's mean, deviation, zeros and gradient norm are those of their closed forms") {
  Graph<float> graph(Mode::training);
  Value<float>& counted =
      graph.input({4, 25}, GradientPlace::own);  // -40 to 59: one zero, mean 9.5, variance (n^2 - 1) / 12
  count_up(counted.data, -40);
  count_up(counted.gradient, 1);
  Value<float>& rectified = graph.input({3, 8}, GradientPlace::own);  // 6 of each of 0, 3; the rest 5
  for (Index i = 0; i < 24; ++i) rectified.data[i] = i < 6 ? 0.0F : i < 12 ? 3.0F : 5.0F;
  rectified.gradient.fill(-0.5F);
  graph.track("counted", counted, 0);
  graph.track("rectified", rectified, 0);

  const auto statistics = layer_statistics(graph);
  REQUIRE(statistics.size() == 2);
  CHECK(statistics[0].name == "counted");
  CHECK(statistics[0].activation_mean == doctest::Approx(9.5).epsilon(1e-12));
  CHECK(statistics[0].activation_deviation == doctest::Approx(std::sqrt(9999.0 / 12)).epsilon(1e-12));
  CHECK(statistics[0].activation_zero_fraction == doctest::Approx(0.01).epsilon(1e-12));
  CHECK(statistics[0].gradient_norm == doctest::Approx(std::sqrt(sum_of_squares_up_to(100))).epsilon(1e-6));
  CHECK(statistics[0].parameter_gradient_norm == 0);
  CHECK(statistics[1].activation_mean == doctest::Approx(3.25).epsilon(1e-12));
  CHECK(statistics[1].activation_deviation == doctest::Approx(std::sqrt(4.1875)).epsilon(1e-12));
  CHECK(statistics[1].activation_zero_fraction == doctest::Approx(0.25).epsilon(1e-12));
  CHECK(statistics[1].gradient_norm == doctest::Approx(std::sqrt(24 * 0.25)).epsilon(1e-6));
}

TEST_CASE("a deviation far from zero keeps its digits") {
  Graph<float> graph(Mode::training);
  Value<float>& value = graph.input({1000}, GradientPlace::own);
  for (Index i = 0; i < 1000; ++i) value.data[i] = 1e6F + (i % 2 == 0 ? 1.0F : -1.0F);
  graph.track("layer", value, 0);
  const auto statistics = layer_statistics(graph);
  CHECK(statistics[0].activation_mean == doctest::Approx(1e6).epsilon(1e-12));
  CHECK(statistics[0].activation_deviation == doctest::Approx(1).epsilon(1e-9));
}

TEST_CASE("gradients that single precision cannot square have their norms all the same") {
  Graph<float> graph(Mode::training);
  Value<float>& small = graph.input({9}, GradientPlace::own);
  Value<float>& large = graph.input({16}, GradientPlace::own);
  small.gradient.fill(1e-30F);
  large.gradient.fill(-1e25F);
  graph.track("small", small, 0);
  graph.track("large", large, 0);
  const auto statistics = layer_statistics(graph);
  CHECK(statistics[0].gradient_norm == doctest::Approx(3e-30).epsilon(1e-6));
  CHECK(statistics[1].gradient_norm == doctest::Approx(4e25).epsilon(1e-6));
}

TEST_CASE("a recurrent layer has the norm of its gradient at up to fifty time steps") {
  for (const Index steps : {Index{1}, Index{28}, Index{784}}) {
    CAPTURE(steps);
    Graph<float> graph(Mode::training);
    Value<float>& value = graph.input({steps, 2, 3}, GradientPlace::own);
    for (Index i = 0; i < value.gradient.size(); ++i) value.gradient[i] = static_cast<float>(i / 6 + 1);
    graph.track("recurrent", value, 0, TrackedAxes::time_first);
    const LayerStatistics layer = layer_statistics(graph).at(0);
    REQUIRE(layer.time_steps.size() == static_cast<std::size_t>(std::min(steps, Index{50})));
    REQUIRE(layer.time_gradient_norms.size() == layer.time_steps.size());
    CHECK(layer.time_steps.front() == 0);
    CHECK(layer.time_steps.back() == steps - 1);
    for (std::size_t i = 0; i < layer.time_steps.size(); ++i) {
      const auto step = static_cast<double>(layer.time_steps[i]);
      CHECK(layer.time_gradient_norms[i] == doctest::Approx((step + 1) * std::sqrt(6)));
    }
  }
  Graph<float> graph(Mode::training);
  graph.track("dense", graph.input({5, 2, 3}, GradientPlace::own), 0);
  CHECK(layer_statistics(graph).at(0).time_steps.empty());
}

TEST_CASE("a layer's weights have a norm, gains and biases left out, and initially that of before the step") {
  Graph<float> graph(Mode::training);
  Parameters<float> parameters({}, 1);
  Value<float>& value = graph.input({2}, GradientPlace::own);
  auto& weight = parameters.constant("weight", ParameterRole::weight, {3, 3}, 2);
  graph.add<Reader>(value, weight, parameters.constant("gain", ParameterRole::gain, {4}, 5));
  graph.track("layer", value, 0);
  const InitialLayers initial(graph);
  CHECK(layer_statistics(graph).at(0).weight_norm == doctest::Approx(6));
  weight.data.fill(1);
  value.gradient.fill(3);
  CHECK(layer_statistics(graph).at(0).weight_norm == doctest::Approx(3));
  CHECK(initial.statistics(graph).at(0).weight_norm == doctest::Approx(6));
  CHECK(initial.statistics(graph).at(0).gradient_norm == doctest::Approx(3 * std::sqrt(2)));
}

TEST_CASE("a layer's parameter gradient is over the parameters that are its own, and no others") {
  Graph<float> graph(Mode::training);
  Parameters<float> parameters({}, 1);
  Value<float>& value = graph.input({2}, GradientPlace::own);
  const auto declare = [&](const std::string& name, Index size, float gradient) -> Parameter<float>& {
    auto& parameter = parameters.constant(name, ParameterRole::weight, {size}, 0);
    parameter.gradient.fill(gradient);
    return parameter;
  };
  declare("unused", 36, 5);
  graph.add<Reader>(value, declare("weight", 4, 1), declare("bias", 9, 2));  // norms 2 and 6
  graph.track("first", value, 0);
  graph.add<Reader>(value, declare("other", 16, 3), declare("last", 25, 4));  // norms 12 and 20
  graph.track("second", value, 1);
  graph.track("both", value, 0);
  const auto statistics = layer_statistics(graph);
  CHECK(statistics[0].parameter_gradient_norm == doctest::Approx(std::sqrt(40)).epsilon(1e-6));
  CHECK(statistics[1].parameter_gradient_norm == doctest::Approx(std::sqrt(144 + 400)).epsilon(1e-6));
  CHECK(statistics[2].parameter_gradient_norm == doctest::Approx(std::sqrt(40 + 144 + 400)).epsilon(1e-6));
}

}  // namespace normlab
