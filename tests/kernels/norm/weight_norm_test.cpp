// The weight norm kernel against plain loops in double precision, on every instruction set of this machine.
#include "normlab/kernels/norm/weight_norm.h"

#include "kernels/reference.h"

namespace normlab {
namespace {

template <class T>
double worst_error(Index rows, Index columns, double mean) {
  const Index size = rows * columns;
  const auto v = drawn<T>(size, mean, 1, "v"), dw = drawn<T>(size, 0, 1, "dw"), g = drawn<T>(rows, 1, 1, "g");
  auto w = zeros<T>(size), reciprocal = zeros<T>(rows);
  auto dv = drawn<T>(size, 0, 1, "overwritten"), dg = drawn<T>(rows, 0, 1, "overwritten");
  weight_norm_forward(WeightNormForward<T>{v.data(), g.data(), w.data(), reciprocal.data(), rows, columns});
  weight_norm_backward(WeightNormBackward<T>{v.data(), g.data(), dw.data(), reciprocal.data(), dv.data(),
                                             dg.data(), rows, columns});
  auto expected_w = zeros<double>(size), expected_dv = expected_w, expected_dg = zeros<double>(rows);
  for (Index row = 0; row < rows; ++row) {
    double square = 0;
    for (Index i = row * columns; i < (row + 1) * columns; ++i) square += double(v[i]) * v[i];
    const double r = 1 / std::sqrt(square);
    for (Index i = row * columns; i < (row + 1) * columns; ++i) expected_dg[row] += double(dw[i]) * v[i] * r;
    for (Index i = row * columns; i < (row + 1) * columns; ++i) {
      expected_w[i] = g[row] * v[i] * r;
      expected_dv[i] = g[row] * r * (dw[i] - expected_dg[row] * v[i] * r);
    }
  }
  return worst_of_all({worst_of(w, expected_w), worst_of(dv, expected_dv), worst_of(dg, expected_dg)});
}

template <class T>
void check(double tolerance) {
  on_every_target([&] {
    for (const auto& one : {std::pair<Index, Index>{1, 1}, {1, 37}, {3, 64}, {5, 33}, {2, 1001}, {10, 7}}) {
      const auto& rows = one.first;
      const auto& columns = one.second;
      for (const double mean : {0.0, 3.0}) {
        INFO(rows << " x " << columns << ", mean " << mean);
        CHECK(worst_error<T>(rows, columns, mean) < tolerance);
      }
    }
  });
}

}  // namespace

TEST_CASE("the weight norm kernel computes its formulas, in single precision") {
  check<float>(5e-6);
}

TEST_CASE("the weight norm kernel computes its formulas, in double precision") {
  check<double>(1e-14);
}

}  // namespace normlab
