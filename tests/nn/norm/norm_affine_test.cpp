// Norms that learn a gain alone, or nothing (norm.affine).
#include "nn/norm/norm_checks.h"

namespace normlab {
namespace {

std::vector<NormSpec> norms_with(Affine affine) {
  std::vector<NormSpec> norms;
  for (const Norm kind : test::norms_where([](const NormTraits& t) { return t.normalizes(); }))
    norms.push_back({.kind = kind, .groups = 3, .affine = affine});
  return norms;
}

// Vectors where the norm is defined on them, and maps.
std::vector<NormGeometry> geometries(const NormSpec& norm) {
  std::vector<NormGeometry> all{{3, 1, 21}, {2, 6, 6}, {2, 9, 36}};
  std::erase_if(all, [&](const NormGeometry& g) { return undefined_reason(norm, g).has_value(); });
  return all;
}

}  // namespace

TEST_CASE("norms without a bias, and without gain and bias, are their definition without them") {
  for (const Affine affine : {Affine::gain, Affine::none}) {
    for (const NormSpec& norm : norms_with(affine)) {
      CAPTURE(std::string(traits(norm.kind).name));
      test::check_forward(norm, geometries(norm));
    }
  }
}

TEST_CASE("their backward passes agree with finite differences") {
  for (const Affine affine : {Affine::gain, Affine::none}) {
    for (const NormSpec& norm : norms_with(affine)) {
      CAPTURE(std::string(traits(norm.kind).name));
      test::check_backward(norm, geometries(norm));
    }
  }
}

TEST_CASE("what is not learned has no parameter, nor a bias of the layer in its place") {
  const auto names = [](const NormSpec& norm) {
    test::NormLayer<float> layer(norm, {2, 6, 6}, Activation::relu);
    std::vector<std::string> found;
    for (const auto& parameter : layer.parameters.parameters()) {
      if (parameter.name != "hidden.0.norm.alpha") found.push_back(parameter.name);
    }
    return found;
  };
  for (const NormSpec& norm : norms_with(Affine::gain))
    CHECK(names(norm) == std::vector<std::string>{"hidden.0.norm.weight"});
  for (const NormSpec& norm : norms_with(Affine::none)) CHECK(names(norm).empty());
}

}  // namespace normlab
