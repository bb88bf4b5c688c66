// What the benchmarks race against has to be the same computation.
#include "normlab/onednn/normalization.h"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "normlab/core/random.h"

namespace normlab {
namespace {

struct Moments {
  double mean = 0, product = 0;  // over one set of values that share their statistics
};

// The mean of a, and of a b, over the elements of each set.
std::vector<Moments> means(const Tensor<float>& a, const std::vector<double>& b, Index sets,
                           const std::function<Index(Index)>& set_of) {
  std::vector<Moments> all(static_cast<std::size_t>(sets));
  const double scale = static_cast<double>(sets) / static_cast<double>(a.size());
  for (Index i = 0; i < a.size(); ++i) {
    Moments& m = all[static_cast<std::size_t>(set_of(i))];
    m.mean += scale * a[i];
    m.product += scale * a[i] * b[static_cast<std::size_t>(i)];
  }
  return all;
}

// The largest error of y (without its mean: oneDNN 2 adds a bias) and of dx, with a gain of 1 everywhere.
double worst_error(NormalizationPrimitive kind, Index samples, Index positions, Index channels) {
  const Shape shape{samples, positions, channels};
  Tensor<float> x(shape), y(shape), dy(shape), dx(shape);
  Random random(1, 1);
  for (Tensor<float>* tensor : {&x, &dy}) {
    for (float& v : tensor->span()) v = static_cast<float>(3 + 2 * random.normal());
  }
  const bool layer = kind == NormalizationPrimitive::layer;
  const Index sets = layer ? samples : channels;
  const auto set_of = [&](Index i) { return layer ? i / (positions * channels) : i % channels; };
  OnednnNormalization primitive(kind, samples, positions, channels);
  primitive.forward(x.data(), y.data());
  primitive.backward(x.data(), dy.data(), dx.data());

  const auto at = [&](const std::vector<Moments>& all, Index i) {
    return all[static_cast<std::size_t>(set_of(i))];
  };
  const std::vector<double> x_values(x.span().begin(), x.span().end());
  const auto of_x = means(x, x_values, sets, set_of), of_y = means(y, x_values, sets, set_of);
  std::vector<double> normalized, reciprocal;
  for (Index i = 0; i < x.size(); ++i) {
    const Moments m = at(of_x, i);
    reciprocal.push_back(1 / std::sqrt(m.product - m.mean * m.mean + 1e-5));
    normalized.push_back((x[i] - m.mean) * reciprocal.back());
  }
  const auto of_dy = means(dy, normalized, sets, set_of);
  double worst = 0;
  for (Index i = 0; i < x.size(); ++i) {
    const auto k = static_cast<std::size_t>(i);
    const double expected_dx =
        (dy[i] - at(of_dy, i).mean - normalized[k] * at(of_dy, i).product) * reciprocal[k];
    worst =
        std::max({worst, std::abs(y[i] - at(of_y, i).mean - normalized[k]), std::abs(dx[i] - expected_dx)});
  }
  return worst;
}

}  // namespace

TEST_CASE("oneDNN's layer and batch normalization compute what the kernels that they race against do") {
  CHECK(worst_error(NormalizationPrimitive::layer, 7, 1, 130) < 1e-4);
  CHECK(worst_error(NormalizationPrimitive::batch, 9, 1, 33) < 1e-4);
  CHECK(worst_error(NormalizationPrimitive::batch, 3, 20, 16) < 1e-4);
}

}  // namespace normlab
