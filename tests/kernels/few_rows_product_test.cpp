#include "normlab/kernels/few_rows_product.h"

#include <doctest/doctest.h>
#include <hwy/highway.h>

#include <cmath>
#include <limits>
#include <vector>

#include "normlab/core/random.h"

namespace normlab {
namespace {

template <class T>
struct Product {
  Index m, n, k, gap;  // elements between the end of a row and the next
  std::vector<T> a = drawn(m, 1), b = drawn(n, 2);
  std::vector<T> c = std::vector<T>(static_cast<std::size_t>(m * (n + gap)), T(7));

  std::vector<T> drawn(Index rows, std::uint64_t seed) const {
    Random random(seed, hash_name("few rows"));
    std::vector<T> values(static_cast<std::size_t>(rows * (k + gap)));
    for (T& value : values) value = static_cast<T>(random.normal());
    return values;
  }
  void run() {
    few_rows_product(FewRowsProduct<T>{.a = a.data(),
                                       .b = b.data(),
                                       .c = c.data(),
                                       .m = m,
                                       .n = n,
                                       .k = k,
                                       .lda = k + gap,
                                       .ldb = k + gap,
                                       .ldc = n + gap});
  }
  T at(Index i, Index j) const { return c[static_cast<std::size_t>(i * (n + gap) + j)]; }
  double exact(Index i, Index j) const {
    double sum = 0;
    for (Index l = 0; l < k; ++l) {
      sum += static_cast<double>(a[static_cast<std::size_t>(i * (k + gap) + l)]) *
             static_cast<double>(b[static_cast<std::size_t>(j * (k + gap) + l)]);
    }
    return sum;
  }
};

// Of all elements; infinite when something between the rows of C was written.
template <class T>
double worst_error(const Product<T>& p) {
  double worst = 0;
  for (Index i = 0; i < p.m; ++i) {
    for (Index j = 0; j < p.n + p.gap; ++j) {
      const double expected = j < p.n ? p.exact(i, j) : 7.0;
      const double error = std::abs(static_cast<double>(p.at(i, j)) - expected);
      if (!(error <= worst)) worst = error;
      if (j >= p.n && error != 0) return std::numeric_limits<double>::infinity();
    }
  }
  return worst;
}

template <class T>
void check_all_sizes(double tolerance) {
  for (Index m = 1; m <= few_rows; ++m) {
    for (const Index n : {1, 3, 4, 11}) {
      for (const Index k : {1, 5, 16, 77}) {  // less than a vector, whole vectors, vectors and a part
        for (const Index gap : {0, 3}) {
          CAPTURE(m);
          CAPTURE(n);
          CAPTURE(k);
          CAPTURE(gap);
          Product<T> product{m, n, k, gap};
          product.run();
          CHECK(worst_error(product) < tolerance);
        }
      }
    }
  }
}

}  // namespace

TEST_CASE("products of few rows are the sums of products on every instruction set") {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    CAPTURE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    check_all_sizes<float>(2e-5);
    check_all_sizes<double>(1e-13);
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST_CASE("a row's product is the same bit for bit whatever other rows there are") {
  Product<float> all{few_rows, 11, 77, 0};
  all.run();
  for (Index m = 1; m < few_rows; ++m) {
    Product<float> some{m, 11, 77, 0};
    some.run();
    for (Index i = 0; i < m; ++i) {
      for (Index j = 0; j < some.n; ++j) CHECK(some.at(i, j) == all.at(i, j));
    }
  }
}

TEST_CASE("not-a-number in an operand reaches each product that it takes part in, and no other") {
  Product<float> product{5, 6, 33, 0};
  product.b[2 * 33 + 32] = std::numeric_limits<float>::quiet_NaN();
  product.run();
  for (Index i = 0; i < product.m; ++i) {
    for (Index j = 0; j < product.n; ++j) CHECK(std::isnan(product.at(i, j)) == (j == 2));
  }
}

}  // namespace normlab
