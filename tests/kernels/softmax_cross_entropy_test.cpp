// The loss kernel against plain loops in double precision, on every instruction set of this machine.
#include "normlab/kernels/softmax_cross_entropy.h"

#include <limits>

#include "kernels/reference.h"

namespace normlab {
namespace {

template <class T>
struct Rows {
  Index rows, classes;
  double mean, deviation;  // of the logits
  std::vector<T> logits = drawn<T>(rows * classes, mean, deviation, "logits"), dlogits = logits;
  std::vector<std::int32_t> labels = std::vector<std::int32_t>(static_cast<std::size_t>(rows));
  ClassificationSums sums{3, 3, 3};  // overwritten
  T scale = T(0.25);

  void run(bool gradients) {
    for (Index row = 0; row < rows; ++row) labels[row] = static_cast<std::int32_t>(7 * row % classes);
    softmax_cross_entropy(SoftmaxCrossEntropyArguments<T>{
        logits.data(), labels.data(), gradients ? dlogits.data() : nullptr, &sums, rows, classes, scale});
  }
};

template <class T>
double worst_error(Rows<T> r) {
  Rows<T> without = r;
  r.run(true);
  without.run(false);
  auto expected = zeros<double>(r.rows * r.classes);
  double loss = 0;
  Index errors = 0;
  for (Index row = 0; row < r.rows; ++row) {
    const T* x = r.logits.data() + row * r.classes;
    const Index largest = std::max_element(x, x + r.classes) - x;
    double sum = 0;
    for (Index i = 0; i < r.classes; ++i) sum += std::exp(double(x[i]) - x[largest]);
    loss += std::log(sum) + x[largest] - x[r.labels[row]];
    errors += largest != r.labels[row];
    for (Index i = 0; i < r.classes; ++i) {
      const double p = std::exp(double(x[i]) - x[largest]) / sum;
      expected[row * r.classes + i] = (p - (i == r.labels[row] ? 1 : 0)) * double(r.scale);
    }
  }
  CHECK(r.sums.errors == errors);
  CHECK(r.sums.count == r.rows);
  CHECK(without.sums.loss == r.sums.loss);
  CHECK(without.sums.errors == errors);
  return worst_of_all({worst_of(r.dlogits, expected), worse(0, r.sums.loss, loss)});
}

template <class T>
void check(double tolerance) {
  on_every_target([&] {
    for (const auto& one : {std::pair<Index, Index>{1, 1}, {1, 10}, {9, 10}, {5, 37}, {3, 64}, {2, 1001}}) {
      const auto& rows = one.first;
      const auto& classes = one.second;
      for (const auto& scale : {std::pair<double, double>{0, 1}, {0, 40}, {1e4, 2}}) {
        const auto& mean = scale.first;
        const auto& deviation = scale.second;
        INFO(rows << " x " << classes << ", mean " << mean << ", deviation " << deviation);
        CHECK(worst_error<T>({rows, classes, mean, deviation}) < tolerance);
      }
    }
  });
}

}  // namespace

TEST_CASE("the softmax cross-entropy kernel computes its formulas, in single precision") {
  check<float>(1e-6);
}

TEST_CASE("the softmax cross-entropy kernel computes its formulas, in double precision") {
  check<double>(1e-14);
}

TEST_CASE("of equal largest logits the first one is the prediction") {
  Rows<float> r{1, 20, 0, 0};  // all zero; the label is 0
  r.run(false);
  CHECK(r.sums.errors == 0);
  CHECK(r.sums.loss == doctest::Approx(std::log(20.0)));
}

TEST_CASE("the softmax cross-entropy kernel hides no logit that is not a number") {
  on_every_target([] {
    for (const Index at : {0, 7, 36}) {
      Rows<float> r{1, 37, 0, 1};
      r.logits[at] = std::numeric_limits<float>::quiet_NaN();
      r.run(true);
      CHECK(std::isnan(r.sums.loss));
      CHECK(std::isnan(r.dlogits[1]));
    }
  });
}

}  // namespace normlab
