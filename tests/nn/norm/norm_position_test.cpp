// Norms that follow the activation (norm.position): h = norm(f(x + b)).
#include "nn/norm/norm_checks.h"
#include "normlab/nn/norm/norm_pool.h"

namespace normlab {
namespace {

const std::vector<NormGeometry> geometries{{3, 1, 21}, {2, 6, 6}, {2, 9, 36}};

NormSpec after_activation(Norm kind) {
  return {.kind = kind, .groups = 3, .position = NormPosition::after_activation};
}

const auto normalizes = [](const NormTraits& t) { return t.normalizes(); };

// Element by element in double precision: the activations, and then the definition of the norm of them.
template <class T>
double worst_error_of_norm(test::NormLayer<T>& layer, const NormSpec& norm, const NormGeometry& g,
                           Activation activation) {
  test::NormLayer<double> plain(on_its_input(norm), g, Activation::identity);
  const T* bias = layer.parameter("linear.bias");
  REQUIRE(bias != nullptr);
  for (Index i = 0; i < plain.x.data.size(); ++i)
    plain.x.data[i] = test::activate(activation, double(layer.x.data[i]) + double(bias[i % g.channels]));
  for (auto& p : plain.parameters.parameters())
    std::copy_n(layer.parameter(p.name.substr(std::string("hidden.0.").size())), p.data.size(),
                p.data.data());
  const auto expected = test::reference_forward(plain, on_its_input(norm), g, Activation::identity);
  layer.graph.forward();
  double worst = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double error = std::abs(layer.y.data[static_cast<Index>(i)] - expected[i]);
    if (!(error <= worst)) worst = error;  // also catches not-a-number
  }
  return worst;
}

}  // namespace

TEST_CASE("a norm that follows the activation is the norm of the activations") {
  for (const Norm kind : test::norms_where(normalizes)) {
    const NormSpec norm = after_activation(kind);
    for (const NormGeometry& g : geometries) {
      if (undefined_reason(norm, g)) continue;
      for (const Activation activation : test::all_activations) {
        CAPTURE(std::string(traits(kind).name));
        CAPTURE(test::name_of(g));
        CAPTURE(static_cast<int>(activation));
        test::NormLayer<double> precise(norm, g, activation);
        CHECK(worst_error_of_norm(precise, norm, g, activation) < 1e-12);
        test::NormLayer<float> single(norm, g, activation);
        CHECK(worst_error_of_norm(single, norm, g, activation) < 3e-5);
      }
    }
  }
}

TEST_CASE("the backward pass of a norm that follows the activation agrees with finite differences") {
  for (const Norm kind : test::norms_where(normalizes)) {
    const NormSpec norm = after_activation(kind);
    CAPTURE(std::string(traits(kind).name));
    // Without a channel that a rectifier may keep silent, where the norm's gradient is 316 times as large.
    if (!undefined_reason(norm, {2, 9, 36})) test::check_backward(norm, {{6, 9, 12}});
  }
}

TEST_CASE("max pooling follows a norm that follows the activation") {
  for (const Norm kind : test::norms_where(normalizes)) {
    CAPTURE(std::string(traits(kind).name));
    Graph<double> graph(Mode::training);
    Parameters<double> parameters({}, 1), plain_parameters({}, 1);
    auto& x = graph.input({3, 4, 6, 6}, GradientPlace::over_data);
    auto& y =
        add_norm_pool(graph, parameters, "a", "convolution", 9, x, after_activation(kind), Activation::gelu);
    Graph<double> plain(Mode::evaluation);
    test::fill_normal(x.data, 3);
    auto& activated = plain.input({3, 4, 6, 6});
    for (Index i = 0; i < x.data.size(); ++i) activated.data[i] = test::activate(Activation::gelu, x.data[i]);
    auto& pooled = add_norm_pool(plain, plain_parameters, "a", "convolution", 9, activated,
                                 on_its_input(after_activation(kind)), Activation::identity);
    if (traits(kind).statistics == Statistics::channel) continue;  // evaluation has other statistics
    CHECK(parameters.parameters().front().name == "a.convolution.bias");
    graph.output(y);
    graph.forward();
    plain.forward();
    double worst = 0;
    for (Index i = 0; i < y.data.size(); ++i) worst = std::max(worst, std::abs(y.data[i] - pooled.data[i]));
    CHECK(worst < 1e-12);
  }
}

}  // namespace normlab
