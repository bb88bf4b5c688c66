// The layer norm kernel against plain loops in double precision.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "normlab/core/random.h"
#include "normlab/core/tensor.h"
#include "normlab/kernels/layer_norm.h"

namespace normlab {
namespace {

struct Case {
  Index samples, positions, channels;
  double mean;     // of the inputs, whose deviation is 1
  Index outliers;  // numbers that the rough first mean sees and that are far from all others
};

template <class T>
Tensor<T> drawn(const Shape& shape, double mean, std::uint64_t seed) {
  Random random(seed, hash_name("layer norm kernel"));
  Tensor<T> values(shape);
  for (T& value : values.span()) value = static_cast<T>(mean + random.normal());
  return values;
}

double f(Activation activation, double z) {
  if (activation == Activation::relu) return z > 0 ? z : 0;
  if (activation == Activation::tanh) return std::tanh(z);
  if (activation == Activation::gelu)
    return z / 2 * (1 + std::tanh(0.7978845608028654 * (z + 0.044715 * z * z * z)));
  return z;
}

double derivative(Activation activation, double z) {
  if (activation == Activation::relu) return z > 0 ? 1 : 0;
  const double h = 1e-5;
  return (f(activation, z + h) - f(activation, z - h)) / (2 * h);
}

// |a - b|, keeping a not-a-number.
void widen(double& worst, double a, double b) {
  const double error = std::abs(a - b) / (1 + std::abs(b));
  if (!(error <= worst)) worst = error;
}

template <class T>
double worst_error(const Case& c, Activation activation) {
  const Index length = c.positions * c.channels;
  const Shape shape{c.samples, c.positions, c.channels};
  auto x = drawn<T>(shape, c.mean, 1), dy = drawn<T>(shape, 0, 2);
  for (Index i = 0; i < c.outliers; ++i) x[i] += T(1000);
  const auto gain = drawn<T>({c.channels}, 1, 3), bias = drawn<T>({c.channels}, 0, 4);
  Tensor<T> y(shape), dx(shape), dgain({c.channels}), dbias({c.channels}), mean({c.samples}),
      reciprocal({c.samples}), shift({c.samples});
  layer_norm_forward(LayerNormForward<T>{x.data(), gain.data(), bias.data(), y.data(), mean.data(),
                                         reciprocal.data(), shift.data(), c.samples, c.positions, c.channels,
                                         T(1e-5), activation});
  layer_norm_backward(LayerNormBackward<T>{
      x.data(), y.data(), dy.data(), gain.data(), bias.data(), mean.data(), reciprocal.data(), shift.data(),
      dx.data(), dgain.data(), dbias.data(), c.samples, c.positions, c.channels, activation});
  double worst = 0;
  std::vector<double> gains(static_cast<std::size_t>(c.channels)), biases(gains);
  for (Index s = 0; s < c.samples; ++s) {
    const Index first = s * length;
    double mu = 0, variance = 0, mean_h = 0, mean_product = 0;
    for (Index i = 0; i < length; ++i) mu += static_cast<double>(x[first + i]) / static_cast<double>(length);
    for (Index i = 0; i < length; ++i)
      variance += std::pow(x[first + i] - mu, 2) / static_cast<double>(length);
    const double r = 1 / std::sqrt(variance + 1e-5);
    std::vector<double> n(static_cast<std::size_t>(length)), h(n);
    for (Index i = 0; i < length; ++i) {
      const auto at = static_cast<std::size_t>(i), channel = static_cast<std::size_t>(i % c.channels);
      n[at] = (x[first + i] - mu) * r;
      const double z = n[at] * gain[i % c.channels] + bias[i % c.channels];
      widen(worst, y[first + i], f(activation, z));
      const double g = dy[first + i] * derivative(activation, z);
      gains[channel] += g * n[at];
      biases[channel] += g;
      h[at] = g * gain[i % c.channels];
      mean_h += h[at] / static_cast<double>(length);
      mean_product += h[at] * n[at] / static_cast<double>(length);
    }
    for (Index i = 0; i < length; ++i) {
      const auto at = static_cast<std::size_t>(i);
      widen(worst, dx[first + i], (h[at] - mean_h - n[at] * mean_product) * r);
    }
  }
  for (Index i = 0; i < c.channels; ++i) {
    widen(worst, dgain[i], gains[static_cast<std::size_t>(i)]);
    widen(worst, dbias[i], biases[static_cast<std::size_t>(i)]);
  }
  return worst;
}

template <class T>
void check(double tolerance) {
  const Case cases[] = {
      {1, 1, 37, 0, 0},      {5, 1, 1000, 0, 0},   {4, 1, 1024, 3, 0},  {2, 9, 32, 0, 0},
      {3, 5, 35, -2, 0},     {3, 1, 1000, 1e4, 0}, {3, 1, 1000, 0, 16},  // of the first vectors only: the
                                                                         // rough mean is far off
      {1, 1, 3001, -50, 64},
  };
  for (const Case& c : cases) {
    for (const auto activation :
         {Activation::identity, Activation::relu, Activation::tanh, Activation::gelu}) {
      INFO(c.samples << " x " << c.positions << " x " << c.channels << ", mean " << c.mean << ", outliers "
                     << c.outliers << ", activation " << static_cast<int>(activation));
      // A single-precision input at 1e4 is itself exact, and its statistics must not lose what it has.
      CHECK(worst_error<T>(c, activation) < tolerance);
    }
  }
}

}  // namespace

TEST_CASE("the layer norm kernel computes its formulas, in single precision") {
  check<float>(2e-4);
}

TEST_CASE("the layer norm kernel computes its formulas, in double precision") {
  check<double>(1e-9);
}

TEST_CASE("the layer norm kernel computes the same beyond the caches as in them") {
  // 2.2 million numbers are written past the caches; the same rows two at a time are not.
  const Index rows = 2200, channels = 1024;
  const auto x = drawn<float>({rows, channels}, 1, 1), dy = drawn<float>({rows, channels}, 0, 2);
  const auto gain = drawn<float>({channels}, 1, 3), bias = drawn<float>({channels}, 0, 4);
  Tensor<float> y({rows, channels}), dx({rows, channels}), few_y({2, channels}), few_dx({2, channels});
  Tensor<float> mean({rows}), reciprocal({rows}), shift({rows}), dgain({channels}), dbias({channels});
  const auto run = [&](Index first, Index count, float* to_y, float* to_dx) {
    const Index at = first * channels;
    layer_norm_forward(LayerNormForward<float>{x.data() + at, gain.data(), bias.data(), to_y, mean.data(),
                                               reciprocal.data(), shift.data(), count, 1, channels, 1e-5F,
                                               Activation::relu});
    layer_norm_backward(LayerNormBackward<float>{
        x.data() + at, to_y, dy.data() + at, gain.data(), bias.data(), mean.data(), reciprocal.data(),
        shift.data(), to_dx, dgain.data(), dbias.data(), count, 1, channels, Activation::relu});
  };
  run(0, rows, y.data(), dx.data());
  Index different = 0;
  for (Index row = 0; row < rows; row += 2) {
    run(row, 2, few_y.data(), few_dx.data());
    for (Index i = 0; i < 2 * channels; ++i) {
      if (few_y[i] != y[row * channels + i] || few_dx[i] != dx[row * channels + i]) ++different;
    }
  }
  CHECK(different == 0);
}

}  // namespace normlab
