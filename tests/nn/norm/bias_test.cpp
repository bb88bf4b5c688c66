#include "normlab/nn/norm/bias.h"

#include "nn/norm/norm_checks.h"

namespace normlab {
namespace {

// 21 and 37: whole vectors and a part on every instruction set; 19 rows: whole groups of rows and a rest.
const std::vector<NormGeometry> geometries = {{3, 1, 21}, {19, 1, 37}, {2, 6, 5}};

}  // namespace

TEST_CASE("a layer without normalization computes f(x + bias), and its gradients") {
  test::check_forward({.kind = Norm::none}, geometries);
  test::check_backward({.kind = Norm::none}, geometries);
  test::check_samples_are_independent({.kind = Norm::none}, {5, 6, 21});
  test::check_threads_agree({.kind = Norm::none});
}

}  // namespace normlab
