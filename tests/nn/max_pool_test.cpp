#include "normlab/nn/max_pool.h"

#include <algorithm>

#include "gradient_check.h"

namespace normlab {
namespace {

void fill(Tensor<float>& tensor, std::initializer_list<float> values) {
  std::copy(values.begin(), values.end(), tensor.data());
}

}  // namespace

TEST_CASE("max pooling's backward pass agrees with finite differences, odd images included") {
  for (const Shape& shape : {Shape{2, 4, 6, 3}, Shape{2, 5, 7, 19}}) {
    Graph<double> graph(Mode::training);
    auto& x = test::checked_input(graph, shape, 7);
    auto& y = graph.value({shape[0], shape[1] / 2, shape[2] / 2, shape[3]});
    graph.add<MaxPool<double>>(x, y);
    x.gradient.fill(1);  // what was there has to be overwritten, in the dropped row and column too
    test::check_gradients(graph, {{"x", &x}}, y);
  }
}

TEST_CASE("max pooling agrees with plain loops in single precision") {
  const Index height = 7, width = 9, channels = 21;
  Graph<float> graph(Mode::evaluation);
  auto& x = graph.input({3, height, width, channels});
  Random random(5, 0);
  for (float& element : x.data.span()) element = static_cast<float>(random.normal());
  auto& y = graph.value({3, height / 2, width / 2, channels});
  graph.add<MaxPool<float>>(x, y);
  graph.forward();
  Index wrong = 0;
  const auto at = [&](Index b, Index i, Index j, Index c) {
    return x.data[((b * height + i) * width + j) * channels + c];
  };
  Index k = 0;
  for (Index b = 0; b < 3; ++b) {
    for (Index i = 0; i + 1 < height; i += 2) {
      for (Index j = 0; j + 1 < width; j += 2) {
        for (Index c = 0; c < channels; ++c, ++k) {
          const float expected =
              std::max({at(b, i, j, c), at(b, i, j + 1, c), at(b, i + 1, j, c), at(b, i + 1, j + 1, c)});
          wrong += y.data[k] != expected;
        }
      }
    }
  }
  CHECK(k == y.data.size());
  CHECK(wrong == 0);
}

TEST_CASE("among equal elements max pooling's gradient goes to the first, as in PyTorch") {
  Graph<float> graph(Mode::training);
  auto& x = graph.value({1, 2, 8, 1});
  auto& y = graph.value({1, 1, 4, 1});
  graph.add<MaxPool<float>>(x, y);
  // Four windows: all equal; the right column; the lower row; the diagonal from the upper right.
  fill(x.data, {3, 3, 1, 2, 0, 0, 1, 5,  //
                3, 3, 1, 2, 4, 4, 5, 1});
  graph.forward();
  fill(y.gradient, {10, 20, 30, 40});
  graph.backward();
  const std::vector<float> expected{10, 0, 0, 20, 0,  0, 0, 40,  //
                                    0,  0, 0, 0,  30, 0, 0, 0};
  CHECK(std::vector<float>(x.gradient.data(), x.gradient.data() + 16) == expected);
}

}  // namespace normlab
