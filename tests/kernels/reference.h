// What the tests of the kernels compare with: plain loops in double precision, written from the formulas in
// the kernels' headers and sharing nothing with the kernels.
#pragma once

#include <doctest/doctest.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <initializer_list>
#include <numbers>
#include <string>
#include <vector>

#include "normlab/core/random.h"
#include "normlab/core/tensor.h"
#include "normlab/kernels/activation.h"

namespace normlab {

inline constexpr Activation all_activations[] = {Activation::identity, Activation::relu, Activation::tanh,
                                                 Activation::gelu};

template <class T>
std::vector<T> zeros(Index count) {
  return std::vector<T>(static_cast<std::size_t>(count));
}

template <class T>
std::vector<T> drawn(Index count, double mean, double deviation, const std::string& stream) {
  Random random(3, hash_name(stream));
  auto values = zeros<T>(count);
  for (T& value : values) value = static_cast<T>(mean + deviation * random.normal());
  return values;
}

// Runs body with every instruction set that this machine has.
template <class Body>
void on_every_target(const Body& body) {
  for (const auto target : hwy::SupportedAndGeneratedTargets()) {
    INFO(std::string(hwy::TargetName(target)));
    hwy::SetSupportedTargetsForTest(target);
    body();
    hwy::SetSupportedTargetsForTest(0);
  }
}

struct Function {
  double value, derivative;
};

inline Function apply(Activation activation, double z) {
  const double root = std::sqrt(2 / std::numbers::pi), t = std::tanh(root * (z + 0.044715 * z * z * z));
  switch (activation) {
    case Activation::relu:
      return {z > 0 ? z : 0, z > 0 ? 1.0 : 0.0};
    case Activation::tanh:
      return {std::tanh(z), 1 - std::tanh(z) * std::tanh(z)};
    case Activation::gelu:
      return {z / 2 * (1 + t), (1 + t) / 2 + z / 2 * (1 - t * t) * root * (1 + 3 * 0.044715 * z * z)};
    default:
      return {z, 1};
  }
}

// The larger of `worst` and the error of `actual`, relative where the expected value is large.
inline double worse(double worst, double actual, double expected) {
  const double error = std::abs(actual - expected) / (1 + std::abs(expected));
  return error <= worst ? worst : error;  // also keeps not-a-number
}

template <class T>
double worst_of(const std::vector<T>& actual, const std::vector<double>& expected) {
  if (actual.size() != expected.size()) return std::nan("");
  double worst = 0;
  for (std::size_t i = 0; i < actual.size(); ++i)
    worst = worse(worst, static_cast<double>(actual[i]), expected[i]);
  return worst;
}

// The largest, or not-a-number if one of them is.
inline double worst_of_all(std::initializer_list<double> errors) {
  double worst = 0;
  for (const double error : errors) worst = worse(worst, error, 0);
  return worst;
}

// What a normalization is given; x and dy have a channel's values `channels` apart.
template <class T>
struct NormInput {
  Index channels;
  std::vector<T> x, dy, gain, bias;
  NormInput(Index size, Index channels_, double mean)
      : channels(channels_),
        x(drawn<T>(size, mean, 1, "x")),
        dy(drawn<T>(size, 0, 1, "dy")),
        gain(drawn<T>(channels_, 1, 1, "gain")),
        bias(drawn<T>(channels_, 0, 1, "bias")) {}
};

struct NormResult {
  std::vector<double> y, dx, dgain, dbias;
};

// Which elements share their statistics: element i belongs to set_of(i), and those of one set are normalized
// by their mean, unless it is not centred (RMS norm), and by their deviation from it.
struct NormKind {
  Index sets;
  std::function<Index(Index)> set_of;
  double epsilon;
  bool centred = true;
  std::vector<double> given_mean = {}, given_variance = {};  // (sets), taken in place of the statistics
};

// Sums of `values` over each set, divided by the size of the set.
inline std::vector<double> means(const NormKind& kind, const std::vector<double>& values) {
  std::vector<double> sum = zeros<double>(kind.sets), count = sum;
  for (std::size_t i = 0; i < values.size(); ++i) {
    sum[kind.set_of(static_cast<Index>(i))] += values[i];
    count[kind.set_of(static_cast<Index>(i))] += 1;
  }
  for (std::size_t k = 0; k < sum.size(); ++k) sum[k] /= count[k];
  return sum;
}

// With n the normalized values, y = f(gain n + bias); backward with g = dy f', h = gain g:
//   dx = (h - mean(h) - n mean(h n)) / deviation,  dgain = sum g n,  dbias = sum g
template <class T>
NormResult normalized_plainly(const NormKind& kind, const NormInput<T>& input, Activation activation) {
  const auto size = input.x.size(), channels = static_cast<std::size_t>(input.channels);
  std::vector<double> n(input.x.begin(), input.x.end()), squares(size), h(size), products(size);
  const auto subtract = [&](const std::vector<double>& mean) {
    for (std::size_t i = 0; i < size; ++i) n[i] -= mean[kind.set_of(static_cast<Index>(i))];
  };
  if (!kind.given_mean.empty()) subtract(kind.given_mean);
  // Twice: the mean of numbers at 1e4 is itself rounded, by 1e-12.
  for (int pass = 0; kind.centred && kind.given_mean.empty() && pass < 2; ++pass) subtract(means(kind, n));
  for (std::size_t i = 0; i < size; ++i) squares[i] = n[i] * n[i];
  std::vector<double> r = kind.given_variance.empty() ? means(kind, squares) : kind.given_variance;
  for (double& value : r) value = 1 / std::sqrt(value + kind.epsilon);

  NormResult result{std::vector<double>(size), std::vector<double>(size), std::vector<double>(channels),
                    std::vector<double>(channels)};
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t c = i % channels;
    n[i] *= r[kind.set_of(static_cast<Index>(i))];
    const Function f = apply(activation, input.gain[c] * n[i] + input.bias[c]);
    const double g = input.dy[i] * f.derivative;
    result.y[i] = f.value;
    result.dgain[c] += g * n[i];
    result.dbias[c] += g;
    h[i] = g * input.gain[c];
    products[i] = h[i] * n[i];
  }
  const auto mean_h = kind.centred ? means(kind, h) : zeros<double>(kind.sets);
  const auto mean_product = means(kind, products);
  for (std::size_t i = 0; i < size; ++i) {
    const Index k = kind.set_of(static_cast<Index>(i));
    result.dx[i] = (h[i] - mean_h[k] - n[i] * mean_product[k]) * r[k];
  }
  return result;
}

}  // namespace normlab
