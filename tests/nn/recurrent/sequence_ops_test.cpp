#include "nn/gradient_check.h"
#include "normlab/nn/concat.h"
#include "normlab/nn/embedding.h"
#include "normlab/nn/recurrent/last_step.h"

namespace normlab {

TEST_CASE("embedding: repeated characters add up their gradients") {
  Graph<double> graph(Mode::training);
  auto& table = test::checked_input(graph, {5, 3}, 1);
  auto& y = graph.value({3, 2, 3});
  graph.add<Embedding<double>>(table, y).indices() = {2, 0, 2, 3, 2, 0};
  test::check_gradients(graph, {{"table", &table}}, y);
  CHECK(y.data[3 * 3 + 1] == table.data[3 * 3 + 1]);
}

TEST_CASE("concat and the last step: gradients go where the values came from") {
  for (const bool reverse : {false, true}) {
    Graph<double> graph(Mode::training);
    auto& a = test::checked_input(graph, {4, 2, 3}, 1);
    auto& b = test::checked_input(graph, {4, 2, 5}, 2);
    auto& both = graph.value({4, 2, 8});
    auto& y = graph.value({2, 8});
    graph.add<Concat<double>>(a, b, both);
    graph.add<LastStep<double>>(both, y, reverse);
    test::check_gradients(graph, {{"a", &a}, {"b", &b}}, y);
    const Index step = reverse ? 0 : 3;
    CHECK(y.data[8 + 4] == b.data[(step * 2 + 1) * 5 + 1]);
  }
}

}  // namespace normlab
