#include "normlab/onednn/packed_product.h"

#include <doctest/doctest.h>

#include <cmath>

#include "normlab/core/random.h"

namespace normlab {
namespace {

// The largest difference between a packed product and MatrixProduct<double> of the same numbers.
double worst_error(const ProductShape& shape) {
  Tensor<float> a({shape.m, shape.k}), b({shape.k, shape.n}), c({shape.m, shape.n});
  Tensor<double> exact_a(a.shape()), exact_b(b.shape()), exact_c(c.shape());
  Random random(1, 1);
  const auto draw = [&](Tensor<float>& tensor, Tensor<double>& exact) {
    for (Index i = 0; i < tensor.size(); ++i) {
      tensor[i] = static_cast<float>(random.normal());
      exact[i] = tensor[i];
    }
  };
  draw(a, exact_a);
  draw(b, exact_b);
  draw(c, exact_c);
  PackedProduct<float> product(shape);
  product.pack(b.data());
  b.fill(0.0F);  // what was packed counts
  product(a.data(), c.data());
  MatrixProduct<double>{shape}(exact_a.data(), exact_b.data(), exact_c.data());
  double worst = 0;
  for (Index i = 0; i < c.size(); ++i) {
    const double error = std::abs(static_cast<double>(c[i]) - exact_c[i]);
    if (!(error <= worst)) worst = error;
  }
  return worst;
}

}  // namespace

TEST_CASE("packed products agree with plain ones in both storage orders, overwriting and accumulating") {
  double worst = 0;
  for (const bool transpose_b : {false, true}) {
    for (const bool accumulate : {false, true}) {
      worst = std::max(
          worst,
          worst_error({.m = 5, .n = 70, .k = 33, .transpose_b = transpose_b, .accumulate = accumulate}));
      worst = std::max(
          worst, worst_error({.m = 1, .n = 3, .k = 2, .transpose_b = transpose_b, .accumulate = accumulate}));
    }
  }
  CHECK(worst < 1e-4);
}

}  // namespace normlab
