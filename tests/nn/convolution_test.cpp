#include "normlab/nn/convolution.h"

#include "nn/gradient_check.h"

namespace normlab {
namespace {

void check_convolution(const ConvolutionShape& s) {
  Graph<double> graph(Mode::training);
  Parameters<double> parameters({}, 1);
  auto& x = test::checked_input(graph, {s.batch, s.height, s.width, s.in_channels}, 7);
  auto& weight =
      parameters.weight("weight", {s.out_channels, s.in_channels, s.kernel, s.kernel}, Activation::identity);
  auto& y = graph.value({s.batch, s.out_height(), s.out_width(), s.out_channels});
  graph.add<Conv2d<double>>(x, weight, y, s.stride, s.padding);
  test::check_gradients(graph, test::everything({{"x", &x}}, parameters), y);
}

}  // namespace

TEST_CASE("a convolution's backward pass agrees with finite differences") {
  check_convolution({.batch = 2, .in_channels = 3, .out_channels = 4, .height = 5, .width = 4});
  check_convolution({.batch = 2, .in_channels = 1, .out_channels = 2, .height = 3, .width = 6, .stride = 2});
  check_convolution(
      {.batch = 1, .in_channels = 2, .out_channels = 3, .height = 6, .width = 5, .kernel = 5, .padding = 1});
}

TEST_CASE("a convolution is PyTorch's cross-correlation of channels-last images") {
  // One image of 2 x 3 with two channels; one filter that picks the pixel to the right in channel 1.
  Graph<float> graph(Mode::evaluation);
  Parameters<float> parameters({}, 1);
  auto& x = graph.input({1, 2, 3, 2});
  for (Index i = 0; i < 12; ++i) x.data[i] = static_cast<float>(i + 1);
  auto& weight = parameters.weight("weight", {1, 2, 3, 3}, Activation::identity);
  weight.data.fill(0);
  weight.data[9 + 5] = 1;  // channel 1, row 1, column 2
  auto& y = graph.value({1, 2, 3, 1});
  const auto& convolution = graph.add<Conv2d<float>>(x, weight, y, 1, 1);
  graph.forward();
  const std::vector<float> expected{4, 6, 0, 10, 12, 0};
  CHECK(std::vector<float>(y.data.data(), y.data.data() + 6) == expected);
  CHECK(convolution.multiply_adds() == 6 * 2 * 9);
}

}  // namespace normlab
