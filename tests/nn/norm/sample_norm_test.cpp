// The norms that treat every sample by itself: layer, rms, group and instance.
#include "normlab/nn/norm/sample_norm.h"

#include "nn/norm/norm_checks.h"

namespace normlab {
namespace {

// 21, 37 and 63: whole vectors and a part, on every instruction set.
struct Case {
  NormSpec norm;
  std::vector<NormGeometry> geometries;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {{.kind = Norm::layer}, {{3, 1, 21}, {2, 6, 5}, {2, 9, 37}}},
      {{.kind = Norm::rms}, {{3, 1, 21}, {2, 6, 5}, {2, 9, 37}}},
      {{.kind = Norm::group, .groups = 3}, {{3, 1, 21}, {2, 6, 21}, {2, 5, 63}}},
      {{.kind = Norm::group, .groups = 1}, {{2, 1, 21}, {2, 6, 21}}},
      {{.kind = Norm::instance}, {{2, 6, 21}, {1, 67, 3}}},
  };
  return all;
}

}  // namespace

TEST_CASE("there is a case for every norm whose statistics are those of a group") {
  for (const Norm norm : all_norms()) {
    const bool has_case = std::ranges::any_of(cases(), [&](const Case& c) { return c.norm.kind == norm; });
    CHECK(has_case == (traits(norm).statistics == Statistics::group));
  }
}

TEST_CASE("norms of a sample compute their definition in forward()") {
  for (const Case& c : cases()) test::check_forward(c.norm, c.geometries);
  // Several chunks of positions, several blocks of channels.
  test::check_forward({.kind = Norm::group, .groups = 2}, {{2, 70, 146}});
  test::check_forward({.kind = Norm::instance}, {{2, 131, 67}});
}

TEST_CASE("norms of a sample: the backward pass agrees with finite differences, for every activation") {
  for (const Case& c : cases()) test::check_backward(c.norm, c.geometries);
}

TEST_CASE("norms of a sample treat each by itself, in training as in evaluation, on any number of threads") {
  for (const Case& c : cases()) {
    const NormSpec norm{.kind = c.norm.kind, .groups = 4};
    if (norm.kind != Norm::instance) test::check_samples_are_independent(norm, {5, 1, 300});
    test::check_samples_are_independent(norm, {5, 7, 20});
    test::check_threads_agree(norm);
  }
}

TEST_CASE("norms of a sample are accurate far from zero") {
  for (const Case& c : cases()) {
    const NormSpec norm{.kind = c.norm.kind, .groups = 8};
    if (norm.kind != Norm::instance) test::check_far_from_zero(norm, {4, 1, 1000});
    test::check_far_from_zero(norm, {4, 100, 32});
    test::check_far_from_zero(norm, {4, 1000, 32});
  }
}

TEST_CASE("group norm is accurate where the channels of a group lie far apart") {
  const NormSpec norm{.kind = Norm::group, .groups = 4};
  const NormGeometry geometry{2, 50, 16};
  test::NormLayer<float> layer(norm, geometry, Activation::identity);
  for (Index i = 0; i < layer.x.data.size(); ++i) layer.x.data[i] += static_cast<float>(1000 * (i % 16));
  CHECK(test::worst_forward_error(layer, norm, geometry, Activation::identity) < 1e-5);
}

}  // namespace normlab
