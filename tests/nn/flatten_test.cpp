#include "normlab/nn/flatten.h"

#include "nn/gradient_check.h"

namespace normlab {

TEST_CASE("flatten's backward pass agrees with finite differences") {
  Graph<double> graph(Mode::training);
  auto& x = test::checked_input(graph, {2, 3, 2, 5}, 7);
  auto& y = graph.value({2, 30});
  graph.add<Flatten<double>>(x, y);
  test::check_gradients(graph, {{"x", &x}}, y);
}

TEST_CASE("flatten puts channels outermost, as PyTorch's flatten of (batch, channels, height, width)") {
  Graph<float> graph(Mode::evaluation);
  auto& x = graph.input({2, 1, 2, 3});
  for (Index i = 0; i < 12; ++i) x.data[i] = static_cast<float>(i);
  auto& y = graph.value({2, 6});
  graph.add<Flatten<float>>(x, y);
  graph.forward();
  const std::vector<float> expected{0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11};
  CHECK(std::vector<float>(y.data.data(), y.data.data() + 12) == expected);
}

}  // namespace normlab
