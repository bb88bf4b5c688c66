#include "normlab/nn/softmax_cross_entropy.h"

#include <cmath>
#include <limits>

#include "nn/gradient_check.h"
#include "torch_fixture.h"

namespace normlab {
namespace {

template <class T>
struct Loss {
  Loss(const Shape& shape, Mode mode)
      : graph(mode),
        logits(graph.input(shape, GradientPlace::own)),
        op(graph.template add<SoftmaxCrossEntropy<T>>(logits)) {}
  double mean() const { return op.sums().loss / static_cast<double>(op.sums().count); }

  Graph<T> graph;
  Value<T>& logits;
  SoftmaxCrossEntropy<T>& op;
};

// The number of errors on one row of logits with this label.
template <class T>
Index errors(const std::vector<T>& row, std::int32_t label) {
  Loss<T> loss({1, static_cast<Index>(row.size())}, Mode::evaluation);
  std::copy(row.begin(), row.end(), loss.logits.data.data());
  loss.op.labels() = {label};
  loss.graph.forward();
  return loss.op.sums().errors;
}

template <class T>
void compare_with_torch(const test::TorchCase& c) {
  Loss<T> loss(c.tensor("logits").shape, Mode::training);
  c.load("logits", loss.logits.data);
  const auto labels = c.tensor("labels").values;
  std::transform(labels.begin(), labels.end(), loss.op.labels().begin(),
                 [](float label) { return static_cast<std::int32_t>(label); });
  loss.graph.forward();
  loss.graph.backward();
  INFO(c.name);
  CHECK(std::abs(loss.mean() / c.tensor("loss").values[0] - 1) <= test::torch_tolerance<T>);
  c.check("gradient/logits", loss.logits.gradient);
}

template <class T>
void check_poisoned(T poison) {
  for (const Index classes : {2, 10, 37}) {
    for (Index place = 0; place < classes; ++place) {
      Loss<T> loss({3, classes}, Mode::training);
      loss.logits.data[classes + place] = poison;  // the second of three rows
      loss.op.labels() = {0, 1, 1};
      loss.graph.forward();
      CAPTURE(place);
      CHECK(std::isnan(loss.op.sums().loss));
    }
  }
}

}  // namespace

TEST_CASE("softmax cross-entropy and its gradient agree with PyTorch") {
  const test::TorchFixture fixture("softmax_cross_entropy");
  REQUIRE(fixture.cases().size() == 4);
  for (const auto& c : fixture.cases()) {
    compare_with_torch<float>(c);
    compare_with_torch<double>(c);
  }
}

TEST_CASE("softmax cross-entropy's gradient agrees with finite differences of the mean loss") {
  Loss<double> loss({4, 11}, Mode::training);
  test::fill_normal(loss.logits.data, 5, 2);
  loss.op.labels() = {0, 10, 3, 3};
  loss.graph.forward();
  const auto gradient = loss.logits.gradient.span();
  const std::vector<double> analytic(gradient.begin(), gradient.end());
  for (Index i = 0; i < loss.logits.data.size(); ++i) {
    const double kept = loss.logits.data[i], h = 1e-5;
    loss.logits.data[i] = kept + h;
    loss.graph.forward();
    const double above = loss.mean();
    loss.logits.data[i] = kept - h;
    loss.graph.forward();
    loss.logits.data[i] = kept;
    CHECK(std::abs((above - loss.mean()) / (2 * h) - analytic[static_cast<std::size_t>(i)]) < 1e-9);
  }
}

TEST_CASE("a logit that is not a number or infinite makes the loss not a number, wherever it stands") {
  check_poisoned<float>(std::numeric_limits<float>::quiet_NaN());
  check_poisoned<double>(std::numeric_limits<double>::quiet_NaN());
  check_poisoned<float>(std::numeric_limits<float>::infinity());
  check_poisoned<float>(-std::numeric_limits<float>::infinity());
}

TEST_CASE("logits far from zero neither overflow nor lose the loss") {
  for (const float offset : {-1e4f, 1e4f}) {
    Loss<float> loss({1, 4}, Mode::training);
    for (Index i = 0; i < 4; ++i) loss.logits.data[i] = offset;
    loss.op.labels() = {2};
    loss.graph.forward();
    CHECK(loss.mean() == doctest::Approx(std::log(4)));
    CHECK(loss.logits.gradient[2] == doctest::Approx(-0.75));
  }
  Loss<float> certain({1, 3}, Mode::training);
  certain.logits.data[0] = 200;
  certain.op.labels() = {1};
  certain.graph.forward();
  CHECK(certain.mean() == doctest::Approx(200));
}

TEST_CASE("among equal largest logits the first one is the prediction") {
  CHECK(errors<float>({1, 3, 3, 2}, 1) == 0);
  CHECK(errors<float>({1, 3, 3, 2}, 2) == 1);
  CHECK(errors<float>({0, 0, 0}, 0) == 0);
  CHECK(errors<float>({0, 0, 0}, 2) == 1);
  CHECK(errors<double>({-1, -3, -1}, 0) == 0);
}

TEST_CASE("losses and errors are summed over the rows, and evaluation writes no gradient") {
  Loss<float> loss({3, 2}, Mode::evaluation);
  loss.op.labels() = {0, 1, 0};
  loss.logits.data[2] = 1;  // the second row prefers class 0
  loss.graph.forward();
  CHECK(loss.op.sums().count == 3);
  CHECK(loss.op.sums().errors == 1);
  CHECK(loss.op.sums().loss == doctest::Approx(2 * std::log(2) + std::log(1 + std::exp(1))));
  CHECK(loss.logits.gradient.empty());
}

}  // namespace normlab
