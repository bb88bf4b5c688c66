#include "normlab/nn/norm/normalization.h"

#include <algorithm>

#include "nn/norm/norm_checks.h"
#include "normlab/core/error.h"

namespace normlab {
namespace {

std::vector<std::string> names_declared_by(Norm kind) {
  test::NormLayer<float> layer({.kind = kind, .groups = 2}, {2, 3, 4}, Activation::relu);
  std::vector<std::string> names;
  for (const auto& parameter : layer.parameters.parameters()) names.push_back(parameter.name);
  for (const auto& buffer : layer.parameters.buffers()) names.push_back(buffer.name);
  return names;
}

bool names(const std::optional<std::string>& reason, const std::string& part) {
  return reason && reason->find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("normalizations declare their parameters under PyTorch's names") {
  const Names bias{"hidden.0.linear.bias"};
  const Names affine{"hidden.0.norm.weight", "hidden.0.norm.bias"};
  CHECK(names_declared_by(Norm::none) == bias);
  CHECK(names_declared_by(Norm::weight) == bias);
  CHECK(names_declared_by(Norm::rms) == Names{"hidden.0.norm.weight"});
  CHECK(names_declared_by(Norm::layer) == affine);
  CHECK(names_declared_by(Norm::group) == affine);
  CHECK(names_declared_by(Norm::dyt) ==
        Names{"hidden.0.norm.alpha", "hidden.0.norm.weight", "hidden.0.norm.bias"});
  CHECK(names_declared_by(Norm::instance) == affine);
  CHECK(names_declared_by(Norm::batch) == Names{"hidden.0.norm.weight", "hidden.0.norm.bias",
                                                "hidden.0.norm.running_mean", "hidden.0.norm.running_var"});
}

TEST_CASE("gains start at 1 and biases at 0, and only gains are gains") {
  Graph<float> graph(Mode::training);
  Parameters<float> parameters({}, 1);
  auto& x = graph.input({2, 1, 9}, GradientPlace::own);
  add_normalization(graph, parameters, "a", "linear", 5, x, {2, 1, 9}, {.kind = Norm::batch},
                    Activation::relu);
  const auto& gain = parameters.parameters()[0];
  const auto& bias = parameters.parameters()[1];
  CHECK(std::ranges::all_of(gain.data.span(), [](float g) { return g == 1; }));
  CHECK(std::ranges::all_of(bias.data.span(), [](float b) { return b == 0; }));
  CHECK(gain.role == ParameterRole::gain);
  CHECK(bias.role == ParameterRole::bias);
  CHECK(std::ranges::all_of(parameters.buffers()[0].data.span(), [](float m) { return m == 0; }));
  CHECK(std::ranges::all_of(parameters.buffers()[1].data.span(), [](float v) { return v == 1; }));
}

TEST_CASE("combinations without a meaning are refused with their reason") {
  const NormGeometry vectors{4, 1, 30}, maps{4, 9, 30};
  CHECK(names(undefined_reason({.kind = Norm::batch}, {1, 1, 30}), "one sample"));
  CHECK(names(undefined_reason({.kind = Norm::batch}, {1, 9, 30}), "one sample"));
  CHECK_FALSE(undefined_reason({.kind = Norm::batch}, {2, 1, 30}));
  CHECK(names(undefined_reason({.kind = Norm::instance}, vectors), "vectors"));
  CHECK_FALSE(undefined_reason({.kind = Norm::instance}, maps));
  for (const auto& geometry : {vectors, maps}) {
    CHECK(names(undefined_reason({.kind = Norm::group, .groups = 8}, geometry), "30"));
    CHECK(names(undefined_reason({.kind = Norm::group, .groups = 8}, geometry), "8"));
    CHECK(undefined_reason({.kind = Norm::group, .groups = 0}, geometry));
    CHECK(undefined_reason({.kind = Norm::group, .groups = 60}, geometry));
    CHECK_FALSE(undefined_reason({.kind = Norm::group, .groups = 6}, geometry));
    const auto of_whole_samples = [](const NormTraits& t) {
      return t.statistics != Statistics::channel && t.groups == Groups::one;
    };
    for (const auto kind : test::norms_where(of_whole_samples)) {
      CHECK_FALSE(undefined_reason({.kind = kind}, geometry));
    }
  }
  CHECK(names(undefined_reason({.kind = Norm::group, .groups = 30}, vectors), "one feature per group"));
  CHECK_FALSE(undefined_reason({.kind = Norm::group, .groups = 30}, maps));
  CHECK(undefined_reason({.kind = Norm::layer}, {4, 1, 1}));
  const auto record = [](Mode mode) {
    test::NormLayer<float> layer({.kind = Norm::batch}, {1, 1, 30}, Activation::relu, mode);
  };
  CHECK_THROWS_AS(record(Mode::training), RequestError);
  CHECK_NOTHROW(record(Mode::evaluation));
}

}  // namespace normlab
