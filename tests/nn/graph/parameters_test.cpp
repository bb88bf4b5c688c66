#include "normlab/nn/graph/parameters.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace normlab {
namespace {

struct Distribution {
  double mean = 0, variance = 0, kurtosis = 0, largest = 0;  // kurtosis: 1.8 uniform, 3 normal
};

Distribution distribution(const Tensor<double>& tensor) {
  const double count = static_cast<double>(tensor.size());
  Distribution d;
  for (const double x : tensor.span()) {
    d.mean += x / count;
    d.largest = std::max(d.largest, std::abs(x));
  }
  double fourth = 0;
  for (const double x : tensor.span()) {
    d.variance += std::pow(x - d.mean, 2) / count;
    fourth += std::pow(x - d.mean, 4) / count;
  }
  d.kurtosis = fourth / (d.variance * d.variance);
  return d;
}

// 60,000 draws: the variance of a uniform distribution is known to 0.4 %, of a normal one to 0.6 %.
void check_uniform(const Tensor<double>& tensor, double bound) {
  const Distribution d = distribution(tensor);
  CHECK(d.largest <= bound);
  CHECK(d.largest > 0.999 * bound);
  CHECK(std::abs(d.mean) < 5 * bound / std::sqrt(3.0 * static_cast<double>(tensor.size())));
  CHECK(d.variance == doctest::Approx(bound * bound / 3).epsilon(0.03));
  CHECK(d.kurtosis == doctest::Approx(1.8).epsilon(0.05));
}

void check_normal(const Tensor<double>& tensor, double variance) {
  const Distribution d = distribution(tensor);
  CHECK(std::abs(d.mean) < 5 * std::sqrt(variance / static_cast<double>(tensor.size())));
  CHECK(d.variance == doctest::Approx(variance).epsilon(0.03));
  CHECK(d.kurtosis == doctest::Approx(3).epsilon(0.05));
}

Parameters<double> parameters_of(InitScheme scheme, double scale = 1, std::uint64_t seed = 1) {
  return Parameters<double>({.scheme = scheme, .scale = scale}, seed);
}

bool all_equal(const Tensor<double>& tensor, double value) {
  return std::ranges::all_of(tensor.span(), [value](double x) { return x == value; });
}

std::vector<double> numbers(const Tensor<double>& tensor) {
  return {tensor.span().begin(), tensor.span().end()};
}

}  // namespace

TEST_CASE("standard weights are He before relu and gelu, Glorot elsewhere") {
  auto parameters = parameters_of(InitScheme::standard);
  const Shape shape{200, 300};  // out, in
  check_normal(parameters.weight("relu", shape, Activation::relu).data, 2.0 / 300);
  check_normal(parameters.weight("gelu", shape, Activation::gelu).data, 2.0 / 300);
  check_uniform(parameters.weight("tanh", shape, Activation::tanh).data, std::sqrt(6.0 / 500));
  check_uniform(parameters.weight("identity", shape, Activation::identity).data, std::sqrt(6.0 / 500));
}

TEST_CASE("a named scheme holds whatever activation follows") {
  const Shape shape{200, 300};
  auto glorot = parameters_of(InitScheme::glorot), he = parameters_of(InitScheme::he);
  check_uniform(glorot.weight("w", shape, Activation::relu).data, std::sqrt(6.0 / 500));
  check_normal(he.weight("w", shape, Activation::tanh).data, 2.0 / 300);
}

TEST_CASE("a convolution's fans count the elements of its kernel") {
  const Shape shape{60, 110, 3, 3};
  auto glorot = parameters_of(InitScheme::glorot), he = parameters_of(InitScheme::he);
  check_uniform(glorot.weight("w", shape, Activation::relu).data, std::sqrt(6.0 / (9 * 170)));
  check_normal(he.weight("w", shape, Activation::relu).data, 2.0 / (9 * 110));
}

TEST_CASE("the torch scheme draws weights and biases from PyTorch's uniform bounds") {
  auto parameters = parameters_of(InitScheme::torch);
  check_uniform(parameters.weight("linear", {200, 300}, Activation::relu).data, 1 / std::sqrt(300));
  check_uniform(parameters.weight("convolution", {60, 110, 3, 3}, Activation::relu).data,
                1 / std::sqrt(9 * 110));
  check_uniform(parameters.bias("bias", 60000, 300).data, 1 / std::sqrt(300));
  check_uniform(parameters.recurrent_input_weight("ih", 4, 150, 100).data, 1 / std::sqrt(150));
  check_uniform(parameters.recurrent_weight("hh", 4, 150).data, 1 / std::sqrt(150));
}

TEST_CASE("biases start at zero elsewhere, gains and their like at what they are told, undrawn") {
  for (const auto scheme : {InitScheme::standard, InitScheme::glorot, InitScheme::he}) {
    auto parameters = parameters_of(scheme, 3);
    CHECK(all_equal(parameters.bias("bias", 10, 5).data, 0));
    CHECK(all_equal(parameters.constant("gain", ParameterRole::gain, {10}, 0.1).data, 0.1));
    CHECK(all_equal(parameters.buffer("running_var", {10}, 1), 1));
    CHECK(all_equal(parameters.state("hidden", {10}), 0));
  }
  auto torch = parameters_of(InitScheme::torch);
  CHECK(all_equal(torch.constant("gain", ParameterRole::gain, {10}, 1).data, 1));
}

TEST_CASE("a recurrent layer's input weights are Glorot with the fan-out of one gate") {
  for (const Index gates : {1, 3, 4}) {
    auto parameters = parameters_of(InitScheme::standard);
    check_uniform(parameters.recurrent_input_weight("w", gates, 240, 260).data, std::sqrt(6.0 / 500));
  }
}

TEST_CASE("every gate's block of recurrent weights is orthogonal, and no two blocks are equal") {
  constexpr Index hidden = 30;
  auto parameters = parameters_of(InitScheme::standard);
  const Tensor<double>& w = parameters.recurrent_weight("w", 3, hidden).data;
  CHECK(w.shape() == Shape{3 * hidden, hidden});
  double worst = 0;
  for (Index gate = 0; gate < 3; ++gate) {
    const double* block = w.data() + gate * hidden * hidden;
    for (Index i = 0; i < hidden; ++i) {
      for (Index j = 0; j < hidden; ++j) {
        double dot = 0;
        for (Index k = 0; k < hidden; ++k) dot += block[i * hidden + k] * block[j * hidden + k];
        worst = std::max(worst, std::abs(dot - (i == j ? 1 : 0)));
      }
    }
  }
  CHECK(worst < 1e-13);
  CHECK(w[0] != w[hidden * hidden]);
  CHECK(std::abs(distribution(w).mean) < 5 / std::sqrt(hidden * static_cast<double>(w.size())));
}

TEST_CASE("the scale multiplies everything that is drawn") {
  for (const auto scheme : {InitScheme::standard, InitScheme::glorot, InitScheme::he, InitScheme::torch}) {
    auto plain = parameters_of(scheme), scaled = parameters_of(scheme, 4);
    const auto declare = [](Parameters<double>& p) {
      const auto& v = p.weight("relu", {5, 7}, Activation::relu);
      p.weight("tanh", {5, 7}, Activation::tanh);
      p.recurrent_input_weight("ih", 4, 3, 7);
      p.recurrent_weight("hh", 4, 3);
      p.bias("bias", 5, 7);
      p.row_norms("g", v, {5, 1});
    };
    declare(plain);
    declare(scaled);
    for (std::size_t i = 0; i < plain.parameters().size(); ++i) {
      const auto &a = plain.parameters()[i].data, &b = scaled.parameters()[i].data;
      CAPTURE(plain.parameters()[i].name);
      for (Index j = 0; j < a.size(); ++j) CHECK(b[j] == doctest::Approx(4 * a[j]).epsilon(1e-14));
    }
  }
}

TEST_CASE("weight norm's gains start as the norms of the rows") {
  auto parameters = parameters_of(InitScheme::standard);
  auto& v = parameters.weight("v", {3, 2, 1, 2}, Activation::relu);
  for (Index i = 0; i < v.data.size(); ++i) v.data[i] = static_cast<double>(i);
  const auto& g = parameters.row_norms("g", v, {3, 1, 1, 1});
  CHECK(g.role == ParameterRole::gain);
  CHECK(g.data.shape() == Shape{3, 1, 1, 1});
  CHECK(g.data[0] == doctest::Approx(std::sqrt(14)));
  CHECK(g.data[1] == doctest::Approx(std::sqrt(126)));
  CHECK(g.data[2] == doctest::Approx(std::sqrt(366)));
}

TEST_CASE("a tensor's numbers depend on the seed and its name, not on what else is declared") {
  auto first = parameters_of(InitScheme::standard), second = parameters_of(InitScheme::standard);
  auto other_seed = parameters_of(InitScheme::standard, 1, 2);
  const auto a = numbers(first.weight("a", {4, 5}, Activation::relu).data);
  const auto b = numbers(first.recurrent_weight("b", 4, 5).data);
  CHECK(numbers(second.recurrent_weight("b", 4, 5).data) == b);
  second.weight("c", {100, 100}, Activation::relu);
  CHECK(numbers(second.weight("a", {4, 5}, Activation::relu).data) == a);
  CHECK(numbers(second.weight("d", {4, 5}, Activation::relu).data) != a);
  CHECK(numbers(other_seed.weight("a", {4, 5}, Activation::relu).data) != a);
}

TEST_CASE("float parameters are the double ones, rounded") {
  Parameters<float> single({}, 1);
  auto twice = parameters_of(InitScheme::standard);
  const auto& a = single.weight("w", {10, 20}, Activation::relu).data;
  const auto& b = twice.weight("w", {10, 20}, Activation::relu).data;
  for (Index i = 0; i < a.size(); ++i) CHECK(a[i] == static_cast<float>(b[i]));
}

TEST_CASE("weight norm's direction starts as the weight that it stands for") {
  auto parameters = parameters_of(InitScheme::standard);
  const auto& weight = parameters.weight("a.weight", {4, 5}, Activation::relu).data;
  const auto& direction = parameters.weight("a.weight_v", {4, 5}, Activation::relu).data;
  for (Index i = 0; i < weight.size(); ++i) CHECK(direction[i] == weight[i]);
}

TEST_CASE("declaring a name again returns what is there, as it is") {
  auto parameters = parameters_of(InitScheme::standard);
  auto& weight = parameters.weight("w", {4, 5}, Activation::relu);
  auto& gain = parameters.constant("g", ParameterRole::gain, {4}, 1);
  auto& buffer = parameters.buffer("m", {4}, 0);
  auto& state = parameters.state("h", {4});
  weight.data.fill(7);
  gain.data.fill(7);
  buffer.fill(7);
  state.fill(7);
  CHECK(&parameters.weight("w", {4, 5}, Activation::relu) == &weight);
  CHECK(&parameters.constant("g", ParameterRole::gain, {4}, 1) == &gain);
  CHECK(&parameters.buffer("m", {4}, 0) == &buffer);
  CHECK(&parameters.state("h", {4}) == &state);
  CHECK(all_equal(weight.data, 7));
  CHECK(all_equal(buffer, 7));
  CHECK(parameters.parameter_count() == 24);  // the weight and the gain
  CHECK(weight.role == ParameterRole::weight);
  CHECK(gain.role == ParameterRole::gain);
  CHECK(parameters.bias("b", 3, 1).role == ParameterRole::bias);
}

}  // namespace normlab
