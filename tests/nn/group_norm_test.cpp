#include "normlab/nn/group_norm.h"

#include "norm_checks.h"

namespace normlab {
namespace {

NormSpec group(Index groups) {
  return {.kind = Norm::group, .groups = groups};
}
const NormSpec instance{.kind = Norm::instance};

}  // namespace

TEST_CASE("group norm computes its definition in forward(), on vectors and on maps") {
  test::check_forward(group(3), {{3, 1, 21}, {2, 6, 21}, {2, 5, 63}});
  test::check_forward(group(2), {{2, 70, 146}});  // several chunks of positions, several blocks of channels
  test::check_forward(group(1), {{2, 6, 21}});
}

TEST_CASE("instance norm computes its definition in forward()") {
  test::check_forward(instance, {{2, 6, 21}, {2, 131, 67}});
}

TEST_CASE("group norm's backward pass agrees with finite differences, for every activation") {
  test::check_backward(group(3), {{2, 1, 21}, {2, 6, 9}, {1, 2, 63}});
  test::check_backward(group(1), {{1, 70, 3}});
}

TEST_CASE("instance norm's backward pass agrees with finite differences, for every activation") {
  test::check_backward(instance, {{2, 6, 9}, {1, 67, 3}});
}

TEST_CASE("group and instance norm treat every sample by itself, in any mode, on any number of threads") {
  test::check_samples_are_independent(group(4), {5, 1, 300});
  test::check_samples_are_independent(group(4), {5, 7, 20});
  test::check_samples_are_independent(instance, {5, 7, 20});
  test::check_threads_agree(group(4));
  test::check_threads_agree(instance);
}

TEST_CASE("group and instance norm are accurate far from zero") {
  test::check_far_from_zero(group(8), {4, 1, 1000});
  test::check_far_from_zero(group(8), {4, 100, 32});
  test::check_far_from_zero(instance, {4, 1000, 32});
}

TEST_CASE("group norm is accurate where the channels of a group lie far apart") {
  const NormGeometry geometry{2, 50, 16};
  test::NormLayer<float> layer(group(4), geometry, Activation::identity);
  for (Index i = 0; i < layer.x.data.size(); ++i) layer.x.data[i] += static_cast<float>(1000 * (i % 16));
  CHECK(test::worst_forward_error(layer, group(4), geometry, Activation::identity) < 1e-5);
}

}  // namespace normlab
