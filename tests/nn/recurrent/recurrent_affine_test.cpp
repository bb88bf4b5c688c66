// Recurrent layers whose norms learn a gain alone, or nothing (norm.affine). That they are their definition
// is tested with all others, in nn/recurrent/recurrent_test.cpp.
#include "nn/recurrent/recurrent_checks.h"
#include "normlab/nn/recurrent/recurrent.h"

namespace normlab {
namespace {

using Names = std::vector<std::string>;

// What a layer learns beside its weights.
Names gains_and_biases(CellKind cell, const NormSpec& norm) {
  Parameters<float> parameters({}, 1);
  const test::RecurrentLayer<float> layer(cell, norm, false, {}, parameters);
  Names names;
  for (const auto& parameter : parameters.parameters()) {
    if (parameter.role != ParameterRole::weight) names.push_back(parameter.name);
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace

TEST_CASE("recurrent layers learn gains alone, or neither gains nor biases, where norm.affine says so") {
  const std::map<CellKind, Names> gains{
      {CellKind::tanh, {"rnn.gain_l0"}},
      {CellKind::lstm, {"rnn.gain_c_l0", "rnn.gain_hh_l0", "rnn.gain_ih_l0"}},
      {CellKind::gru, {"rnn.gain_hh_l0", "rnn.gain_ih_l0"}}};
  for (const auto cell : test::cells) {
    for (const auto norm : {Norm::layer, Norm::group, Norm::rms, Norm::batch}) {
      INFO(test::describe(cell, norm, false));
      CHECK(gains_and_biases(cell, test::spec_of(norm, Affine::none)).empty());
    }
    for (const auto norm : {Norm::layer, Norm::group})
      CHECK(gains_and_biases(cell, test::spec_of(norm, Affine::gain)) == gains.at(cell));
  }
  CHECK(gains_and_biases(CellKind::tanh, test::spec_of(Norm::batch, Affine::gain)) ==
        Names{"rnn.gain_hh_l0", "rnn.gain_ih_l0"});
}

TEST_CASE("recurrent RMS norm, which has no bias of its own, means by gain alone what it means by all") {
  for (const auto cell : test::cells) {
    const Names all = gains_and_biases(cell, test::spec_of(Norm::rms));
    CHECK(gains_and_biases(cell, test::spec_of(Norm::rms, Affine::gain)) == all);
    CHECK(std::ranges::any_of(all, [](const std::string& name) { return name.starts_with("rnn.bias"); }));
  }
}

TEST_CASE("recurrent batch norm's gains start at 0.1") {
  for (const auto cell : test::cells) {
    Parameters<float> parameters({}, 1);
    Graph<float> graph(Mode::training);
    auto& x = graph.input({2, 3, 4}, GradientPlace::own);
    add_recurrent(graph, parameters, "rnn.", x, {.cell = cell, .hidden = 9},
                  test::spec_of(Norm::batch, Affine::gain), CarriedState::zero);
    for (const auto& parameter : parameters.parameters())
      CHECK((parameter.role == ParameterRole::weight || parameter.data[0] == 0.1F));
  }
}

TEST_CASE("recurrent layers that learn no gain are, bit for bit, what they are with gains of 1") {
  for (const auto cell : test::cells) {
    for (const auto norm : {Norm::batch, Norm::layer, Norm::rms, Norm::group, Norm::dyt}) {
      INFO(test::describe(cell, norm, false));
      Parameters<float> gains({}, 1), nothing({}, 1);
      test::RecurrentLayer<float> with(cell, norm, false, {}, gains);
      test::RecurrentLayer<float> without(cell, test::spec_of(norm, Affine::none), false, {}, nothing);
      for (auto* parameters : {&gains, &nothing}) {
        for (auto& parameter : parameters->parameters()) {  // dynamic tanh's alphas among them
          if (parameter.role == ParameterRole::weight) continue;
          parameter.data.fill(parameter.role == ParameterRole::gain ? 1.0F : 0.0F);
        }
      }
      with.run();
      without.run();
      CHECK(std::ranges::equal(with.y->data.span(), without.y->data.span()));
      CHECK(std::ranges::equal(with.x.gradient.span(), without.x.gradient.span()));
    }
  }
}

TEST_CASE("recurrent layers refuse no norm for what it learns") {
  for (const NormSpec& norm : test::recurrent_specs()) CHECK_FALSE(recurrent_undefined_reason(norm, 4, 9));
}

}  // namespace normlab
