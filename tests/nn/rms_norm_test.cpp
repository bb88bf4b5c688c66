#include "normlab/nn/rms_norm.h"

#include "norm_checks.h"

namespace normlab {
namespace {

const NormSpec rms{.kind = Norm::rms};
const std::vector<NormGeometry> geometries = {{3, 1, 21}, {2, 6, 5}, {2, 9, 37}};

}  // namespace

TEST_CASE("RMS norm computes its definition in forward()") {
  test::check_forward(rms, geometries);
}

TEST_CASE("RMS norm's backward pass agrees with finite differences, for every activation") {
  test::check_backward(rms, geometries);
}

TEST_CASE("RMS norm treats every sample by itself, in training as in evaluation, on any number of threads") {
  test::check_samples_are_independent(rms, {5, 1, 300});
  test::check_samples_are_independent(rms, {5, 7, 21});
  test::check_threads_agree(rms);
}

TEST_CASE("RMS norm is accurate far from zero") {
  test::check_far_from_zero(rms, {4, 1, 1000});
}

}  // namespace normlab
