// Matrix products, whichever way round they are computed.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "normlab/core/random.h"
#include "normlab/onednn/matrix_product.h"

namespace normlab {
namespace {

std::vector<float> drawn(Index count, std::uint64_t seed) {
  Random random(seed, hash_name("matrix product"));
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = static_cast<float>(random.normal());
  return values;
}

}  // namespace

TEST_CASE("products with a transposed operand give the sums of products at every number of rows") {
  const Index n = 261, k = 45;
  for (const Index m : {1, 7, 8, 9, 33, 64, 65}) {
    for (const Index gap : {0, 5}) {
      CAPTURE(m);
      CAPTURE(gap);
      const ProductShape shape{
          .m = m, .n = n, .k = k, .transpose_b = true, .lda = k + gap, .ldb = k + gap, .ldc = n + gap};
      const auto a = drawn(m * (k + gap), 1), b = drawn(n * (k + gap), 2);
      std::vector<float> c(static_cast<std::size_t>(m * (n + gap)), 7.0F);
      MatrixProduct<float>{shape}(a.data(), b.data(), c.data());
      double worst = 0;
      for (Index i = 0; i < m; ++i) {
        for (Index j = 0; j < n + gap; ++j) {
          double expected = j < n ? 0.0 : 7.0;  // what lies between two rows stays as it was
          for (Index l = 0; j < n && l < k; ++l) {
            expected += static_cast<double>(a[static_cast<std::size_t>(i * (k + gap) + l)]) *
                        static_cast<double>(b[static_cast<std::size_t>(j * (k + gap) + l)]);
          }
          const double error = std::abs(c[static_cast<std::size_t>(i * (n + gap) + j)] - expected);
          if (!(error <= worst)) worst = error;
        }
      }
      CHECK(worst < 1e-4);
    }
  }
}

}  // namespace normlab
