#include "normlab/nn/norm/norm_pool.h"

#include "nn/norm/norm_checks.h"

namespace normlab {
namespace {

NormSpec spec(Norm kind, Affine affine = Affine::all) {
  return {.kind = kind, .groups = 3, .affine = affine};
}

template <class T>
struct PoolLayer {
  PoolLayer(const NormSpec& norm, const Shape& shape, Activation activation, Mode mode = Mode::training,
            bool in_place = false)
      : graph(mode),
        x(graph.input(shape, in_place ? GradientPlace::over_data : GradientPlace::own)),
        y(add_norm_pool(graph, parameters, "hidden.0", "linear", 10, x, norm, activation)) {
    graph.output(y);
    fill(x.data, 0, 1, "x");
    if (mode == Mode::training) fill(y.gradient, 0, 1, "dy");
    for (auto& p : parameters.parameters()) fill(p.data, p.role == ParameterRole::gain, 0.3, p.name);
  }
  void fill(Tensor<T>& tensor, double mean, double deviation, const std::string& stream) {
    Random random(8, hash_name(stream));
    for (T& element : tensor.span()) element = static_cast<T>(mean + deviation * random.normal());
  }

  Graph<T> graph;
  Parameters<T> parameters{InitSpec{}, 1};
  Value<T>& x;
  Value<T>& y;
};

// From the definition of the norm by itself, evaluated in double precision on the same numbers.
template <class T>
double worst_forward_error(PoolLayer<T>& layer, const NormSpec& norm, Activation activation, Mode mode) {
  const Shape& s = layer.x.data.shape();
  test::NormLayer<double> plain(norm, {s[0], s[1] * s[2], s[3]}, activation, mode);
  std::copy_n(layer.x.data.data(), layer.x.data.size(), plain.x.data.data());
  for (std::size_t p = 0; p < layer.parameters.parameters().size(); ++p) {
    const auto& from = layer.parameters.parameters()[p];
    CHECK(plain.parameters.parameters()[p].name == from.name);
    std::copy_n(from.data.data(), from.data.size(), plain.parameters.parameters()[p].data.data());
  }
  layer.graph.forward();
  plain.graph.forward();
  double worst = 0;
  const auto at = [&](Index b, Index i, Index j, Index c) {
    return plain.y.data[((b * s[1] + i) * s[2] + j) * s[3] + c];
  };
  Index k = 0;
  for (Index b = 0; b < s[0]; ++b) {
    for (Index i = 0; i + 1 < s[1]; i += 2) {
      for (Index j = 0; j + 1 < s[2]; j += 2) {
        for (Index c = 0; c < s[3]; ++c, ++k) {
          const double expected =
              std::max({at(b, i, j, c), at(b, i, j + 1, c), at(b, i + 1, j, c), at(b, i + 1, j + 1, c)});
          const double error = std::abs(layer.y.data[k] - expected);
          if (!(error <= worst)) worst = error;
        }
      }
    }
  }
  CHECK(k == layer.y.data.size());
  return worst;
}

template <class T>
bool same(const Tensor<T>& a, const Tensor<T>& b) {
  return test::same_bits(a.data(), b.data(), a.size());
}

}  // namespace

TEST_CASE("normalization with max pooling is the normalization by itself, then pooled, for every norm") {
  for (const Norm kind : all_norms()) {
    for (const Activation activation : test::all_activations) {
      CAPTURE(static_cast<int>(kind));
      CAPTURE(static_cast<int>(activation));
      for (const Mode mode : {Mode::training, Mode::evaluation}) {
        PoolLayer<double> precise(spec(kind), {3, 9, 12, 21}, activation, mode);
        CHECK(worst_forward_error(precise, spec(kind), activation, mode) < 1e-12);
        PoolLayer<float> single(spec(kind), {3, 9, 12, 21}, activation, mode);
        CHECK(worst_forward_error(single, spec(kind), activation, mode) < 1e-5);
      }
    }
  }
}

TEST_CASE("normalization with max pooling is accurate far from zero, for every norm that takes a mean") {
  const auto takes_a_mean = [](const NormTraits& t) { return t.normalizes() && t.centred; };
  for (const Norm kind : test::norms_where(takes_a_mean)) {
    CAPTURE(static_cast<int>(kind));
    PoolLayer<float> layer(spec(kind), {3, 20, 20, 33}, Activation::identity);
    layer.fill(layer.x.data, 1e4, 1, "x");
    CHECK(worst_forward_error(layer, spec(kind), Activation::identity, Mode::training) < 2e-5);
  }
}

TEST_CASE("batch norm with max pooling keeps the running statistics that batch norm keeps") {
  PoolLayer<double> pooled(spec(Norm::batch), {3, 5, 4, 6}, Activation::relu);
  test::NormLayer<double> plain(spec(Norm::batch), {3, 20, 6}, Activation::relu);
  std::copy_n(pooled.x.data.data(), pooled.x.data.size(), plain.x.data.data());
  for (int step = 0; step < 2; ++step) {
    pooled.graph.forward();
    plain.graph.forward();
  }
  double worst = 0;
  for (std::size_t k = 0; k < 2; ++k) {
    const auto &a = pooled.parameters.buffers()[k], &b = plain.parameters.buffers()[k];
    CHECK(a.name == b.name);
    for (Index c = 0; c < 6; ++c) worst = std::max(worst, std::abs(a.data[c] - b.data[c]));
  }
  CHECK(worst < 1e-13);
}

TEST_CASE("the backward pass of normalization with max pooling agrees with finite differences") {
  for (const Norm kind : all_norms()) {
    for (const Activation activation : test::all_activations) {
      CAPTURE(static_cast<int>(kind));
      CAPTURE(static_cast<int>(activation));
      PoolLayer<double> layer(spec(kind), {2, 5, 4, 6}, activation);
      layer.x.gradient.fill(1);  // what was there has to be overwritten, in the dropped row too
      test::check_gradients(layer.graph, test::everything({{"x", &layer.x}}, layer.parameters), layer.y);
    }
  }
}

TEST_CASE("normalization with max pooling learns no gain and no bias where it is told so") {
  for (const Norm kind : test::norms_where([](const NormTraits& t) { return t.normalizes(); })) {
    for (const Affine affine : {Affine::gain, Affine::none}) {
      CAPTURE(static_cast<int>(kind));
      CAPTURE(static_cast<int>(affine));
      const NormSpec norm = spec(kind, affine);
      PoolLayer<double> precise(norm, {3, 5, 6, 21}, Activation::gelu);
      const std::size_t alphas = traits(kind).statistics == Statistics::learned ? 1 : 0;
      CHECK(precise.parameters.parameters().size() == alphas + (affine == Affine::gain ? 1 : 0));
      CHECK(worst_forward_error(precise, norm, Activation::gelu, Mode::training) < 1e-12);
      PoolLayer<double> layer(norm, {2, 5, 4, 6}, Activation::tanh);
      test::check_gradients(layer.graph, test::everything({{"x", &layer.x}}, layer.parameters), layer.y);
    }
  }
}

TEST_CASE("a gradient in the place of the data is the gradient apart") {
  for (const Norm kind : all_norms()) {
    PoolLayer<float> apart(spec(kind), {2, 5, 4, 6}, Activation::relu);
    PoolLayer<float> in_place(spec(kind), {2, 5, 4, 6}, Activation::relu, Mode::training, true);
    for (auto* layer : {&apart, &in_place}) {
      layer->graph.forward();
      layer->graph.backward();
    }
    CHECK(in_place.x.gradient.empty());
    CHECK(same(apart.x.gradient, in_place.x.data));
  }
}

TEST_CASE("among equal elements max pooling's gradient goes to the first, as in PyTorch") {
  PoolLayer<float> layer(spec(Norm::none), {1, 2, 8, 1}, Activation::identity);
  layer.parameters.parameters()[0].data.fill(0);
  // Four windows: all equal; the right column; the lower row; the diagonal from the upper right.
  const std::vector<float> x{3, 3, 1, 2, 0, 0, 1, 5,  //
                             3, 3, 1, 2, 4, 4, 5, 1};
  std::copy(x.begin(), x.end(), layer.x.data.data());
  layer.graph.forward();
  for (Index i = 0; i < 4; ++i) layer.y.gradient[i] = static_cast<float>(10 * (i + 1));
  layer.graph.backward();
  const std::vector<float> expected{10, 0, 0, 20, 0,  0, 0, 40,  //
                                    0,  0, 0, 0,  30, 0, 0, 0};
  CHECK(std::vector<float>(layer.x.gradient.data(), layer.x.gradient.data() + 16) == expected);
}

TEST_CASE("pooled images do not depend on the rest of their batch, unless the norm is batch norm") {
  for (const Norm kind : all_norms()) {
    if (traits(kind).statistics == Statistics::channel) continue;
    CAPTURE(static_cast<int>(kind));
    PoolLayer<float> batch(spec(kind), {5, 6, 7, 21}, Activation::gelu);
    batch.graph.forward();
    const Index in = 6 * 7 * 21, out = 3 * 3 * 21;
    for (const Mode mode : {Mode::training, Mode::evaluation}) {
      PoolLayer<float> alone(spec(kind), {1, 6, 7, 21}, Activation::gelu, mode);
      for (Index b = 0; b < 5; ++b) {
        std::copy_n(batch.x.data.data() + b * in, in, alone.x.data.data());
        alone.graph.forward();
        CHECK(test::same_bits(alone.y.data.data(), batch.y.data.data() + b * out, out));
      }
    }
  }
}

TEST_CASE("normalization with max pooling gives the same bits on one thread and on two") {
  for (const Norm kind : all_norms()) {
    CAPTURE(static_cast<int>(kind));
    const auto run = [&](PoolLayer<float>& layer) {
      layer.graph.forward();
      layer.graph.backward();
    };
    const Shape shape{16, 12, 12, 48};
    const test::ThreadCount one(1);
    PoolLayer<float> single(spec(kind), shape, Activation::relu);
    run(single);
    const test::ThreadCount two(2);
    PoolLayer<float> pair(spec(kind), shape, Activation::relu);
    run(pair);
    CHECK(same(single.y.data, pair.y.data));
    CHECK(same(single.x.gradient, pair.x.gradient));
    // Dynamic tanh's sums are divided among the threads.
    if (traits(kind).statistics == Statistics::learned) continue;
    for (std::size_t p = 0; p < single.parameters.parameters().size(); ++p) {
      CHECK(same(single.parameters.parameters()[p].gradient, pair.parameters.parameters()[p].gradient));
    }
  }
}

}  // namespace normlab
