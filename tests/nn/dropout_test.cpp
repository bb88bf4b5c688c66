#include "normlab/nn/dropout.h"

#include <doctest/doctest.h>

#include "nn/gradient_check.h"
#include "nn/norm/norm_checks.h"
#include "normlab/kernels/dropout.h"

namespace normlab {
namespace {

// Dropout of ones: what is not 0 was kept.
template <class T>
struct Layer {
  explicit Layer(const Shape& shape, double rate, std::uint64_t seed = 1, const std::string& name = "a")
      : parameters({}, seed), x(graph.input(shape, GradientPlace::own)) {
    x.data.fill(T(1));
    y = &add_dropout(graph, parameters, name, x, rate);
    graph.output(*y);
  }
  std::vector<T> at_step(Index step) {
    parameters.set_step(step);
    graph.forward();
    return {y->data.span().begin(), y->data.span().end()};
  }

  Graph<T> graph{Mode::training};
  Parameters<T> parameters;
  Value<T>& x;
  Value<T>* y;
};

std::vector<float> ones_at(Index step, std::uint64_t seed, const std::string& name, const Shape& shape) {
  return Layer<float>(shape, 0.5, seed, name).at_step(step);
}

// As kernels/dropout.h defines it, from the scalar Philox.
bool is_kept(Index element, std::uint64_t seed, const std::string& stream, Index step, double rate) {
  const std::uint64_t name = hash_name(stream);
  const Index block = element / 32 * 8 + element % 8, word = element % 32 / 8;
  const auto words = philox({static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(step),
                             static_cast<std::uint32_t>(name), static_cast<std::uint32_t>(name >> 32)},
                            {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
  return words[static_cast<std::size_t>(word)] >= rate * 0x1p32;
}

}  // namespace

TEST_CASE("dropout keeps what its definition says, in single and in double precision") {
  const std::uint64_t seed = 0x123456789ABCDEF;
  Layer<float> layer({7, 43}, 0.3, seed, "hidden.0");
  Layer<double> exact({7, 43}, 0.3, seed, "hidden.0");
  for (const Index step : {0, 1, 70000}) {
    const auto y = layer.at_step(step);
    const auto z = exact.at_step(step);
    for (std::size_t i = 0; i < y.size(); ++i) {
      const bool kept = is_kept(static_cast<Index>(i), seed, "dropout.hidden.0", step, 0.3);
      CHECK(y[i] == (kept ? float(1 / 0.7) : 0.0F));
      CHECK(z[i] == (kept ? 1 / 0.7 : 0.0));
    }
  }
}

TEST_CASE(
    "dropout drops the share that it is told, keeps the mean, and its choices do not depend on each other") {
  constexpr Index size = 400'000;
  for (const double rate : {0.01, 0.2, 0.5, 0.9}) {
    CAPTURE(rate);
    Layer<double> layer({size}, rate);
    const auto now = layer.at_step(3), next = layer.at_step(4);
    double dropped = 0, sum = 0, squares = 0, neighbours = 0, steps = 0;
    for (std::size_t i = 0; i < now.size(); ++i) {
      dropped += now[i] == 0;
      sum += now[i];
      squares += (now[i] - 1) * (now[i] - 1);
      neighbours += (now[i] - 1) * (now[(i + 1) % now.size()] - 1);
      steps += (now[i] - 1) * (next[i] - 1);
    }
    // Five standard deviations of each.
    const double variance = rate / (1 - rate), root = std::sqrt(double(size));
    CHECK(std::abs(dropped / size - rate) < 5 * std::sqrt(rate * (1 - rate)) / root);
    CHECK(std::abs(sum / size - 1) < 5 * std::sqrt(variance) / root);
    CHECK(squares / size == doctest::Approx(variance).epsilon(0.1));
    CHECK(std::abs(neighbours / size) < 5 * variance / root);
    CHECK(std::abs(steps / size) < 5 * variance / root);
  }
}

TEST_CASE("what is dropped depends on seed, layer and step, and on nothing else") {
  const auto first = ones_at(5, 1, "a", {4, 100});
  CHECK(first == ones_at(5, 1, "a", {4, 100}));
  CHECK(first != ones_at(6, 1, "a", {4, 100}));
  CHECK(first != ones_at(5, 2, "a", {4, 100}));
  CHECK(first != ones_at(5, 1, "b", {4, 100}));
  // The steps before do not matter, and a smaller batch has the numbers of its samples.
  Layer<float> layer({4, 100}, 0.5);
  for (const Index step : {9, 0, 5}) layer.at_step(step);
  CHECK(layer.at_step(5) == first);
  CHECK(ones_at(5, 1, "a", {3, 100}) == std::vector<float>(first.begin(), first.begin() + 300));
}

TEST_CASE("dropout is the same on any number of threads, forward and backward") {
  const auto results = [](int threads) {
    const test::ThreadCount count(threads);
    Layer<float> layer({100, 999}, 0.4);
    auto all = layer.at_step(2);
    for (Index i = 0; i < layer.y->gradient.size(); ++i) layer.y->gradient[i] = static_cast<float>(i % 97);
    layer.graph.backward();
    all.insert(all.end(), layer.x.gradient.span().begin(), layer.x.gradient.span().end());
    return all;
  };
  const auto one = results(1);
  CHECK(results(2) == one);
  CHECK(results(3) == one);
}

TEST_CASE("dropout's backward pass agrees with finite differences") {
  for (const Shape& shape : {Shape{3, 5}, Shape{4, 3, 11}}) {
    Layer<double> layer(shape, 0.3);
    layer.parameters.set_step(8);
    test::fill_normal(layer.x.data, 5);
    test::check_gradients(layer.graph, {{"x", &layer.x}}, *layer.y);
  }
}

TEST_CASE("what is not a number does not pass where it is dropped") {
  Layer<float> layer({64}, 0.5);
  layer.x.data.fill(std::numeric_limits<float>::quiet_NaN());
  const auto y = layer.at_step(0);
  const auto dropped = std::count(y.begin(), y.end(), 0.0F);
  CHECK(dropped > 10);
  CHECK(dropped < 54);
}

TEST_CASE("nothing is recorded in evaluation, nor where nothing is dropped") {
  Parameters<float> parameters({}, 1);
  for (const Mode mode : {Mode::training, Mode::evaluation}) {
    for (const double rate : {0.0, 0.5}) {
      Graph<float> graph(mode);
      auto& x = graph.input({2, 3}, GradientPlace::own);
      const bool recorded = mode == Mode::training && rate > 0;
      CHECK((&add_dropout(graph, parameters, "a", x, rate) == &x) == !recorded);
      CHECK(graph.ops().size() == (recorded ? 1 : 0));
    }
  }
}

TEST_CASE("dropout is described with the bits that it keeps") {
  Layer<float> layer({3, 50}, 0.5);
  const auto lines = layer.graph.describe();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].name == "dropout");
  CHECK(lines[0].kept_bytes == 150 * 4 + 5 * 4);
}

}  // namespace normlab
