// Every normalization kernel on every instruction set that this machine has, against the best one.
#include <doctest/doctest.h>
#include <hwy/highway.h>

#include <functional>
#include <string>
#include <vector>

#include "normlab/core/random.h"
#include "normlab/kernels/norm/batch_norm.h"
#include "normlab/kernels/norm/bias.h"
#include "normlab/kernels/norm/dynamic_tanh.h"
#include "normlab/kernels/norm/group_norm.h"
#include "normlab/kernels/norm/row_norm.h"
#include "normlab/kernels/norm/weight_norm.h"

namespace normlab {
namespace {

constexpr Index samples = 3, positions = 5, channels = 84;  // 84: vectors and a part up to 64 bytes wide
constexpr Index size = samples * positions * channels;

// Inputs of all kernels, and room for all results.
template <class T>
struct Buffers {
  std::vector<T> x = drawn(size, 0, 1), dy = drawn(size, 0, 2), gain = drawn(channels, 1, 3),
                 bias = drawn(channels, 0, 4);
  std::vector<T> y = zeros(size), dx = zeros(size), dgain = zeros(channels), dbias = zeros(channels),
                 mean = zeros(samples * channels), reciprocal = zeros(samples * channels),
                 shift = zeros(samples * channels), running_mean = zeros(channels),
                 running_variance = zeros(channels), scratch = zeros(2 * channels);

  static std::vector<T> zeros(Index count) { return std::vector<T>(static_cast<std::size_t>(count)); }
  static std::vector<T> drawn(Index count, double mean, std::uint64_t seed) {
    Random random(seed, hash_name("kernels"));
    auto values = zeros(count);
    for (T& value : values) value = static_cast<T>(mean + random.normal());
    return values;
  }
  // Everything that a kernel may have written.
  std::vector<T> results() const {
    std::vector<T> all;
    for (const auto* part : {&y, &dx, &dgain, &dbias, &mean, &reciprocal, &running_mean, &running_variance})
      all.insert(all.end(), part->begin(), part->end());
    return all;
  }
};

template <class T>
using Kernel = std::function<void(Buffers<T>&, Activation)>;

template <class T>
void run_bias(Buffers<T>& b, Activation f) {
  bias_forward(BiasForward<T>{b.x.data(), b.bias.data(), b.y.data(), samples * positions, channels, f});
  bias_backward(BiasBackward<T>{b.x.data(), b.y.data(), b.dy.data(), b.bias.data(), b.dx.data(),
                                b.dbias.data(), samples * positions, channels, f});
}

template <class T, RowNorm norm>
void run_row_norm(Buffers<T>& b, Activation f) {
  row_norm_forward(RowNormForward<T>{norm, b.x.data(), b.gain.data(), b.bias.data(), b.y.data(),
                                     b.mean.data(), b.reciprocal.data(), b.shift.data(), samples, positions,
                                     channels, T(1e-5), f});
  row_norm_backward(RowNormBackward<T>{norm, b.x.data(), b.y.data(), b.dy.data(), b.gain.data(),
                                       b.bias.data(), b.mean.data(), b.reciprocal.data(), b.shift.data(),
                                       b.dx.data(), b.dgain.data(), b.dbias.data(), samples, positions,
                                       channels, f});
}

template <class T>
void run_batch_norm(Buffers<T>& b, Activation f) {
  // Of the first channels only, as one of several threads would.
  constexpr Index part = channels - 3;
  for (const bool training : {false, true}) {
    batch_norm_forward(BatchNormForward<T>{
        b.x.data(), b.gain.data(), b.bias.data(), b.y.data(), b.mean.data(), b.reciprocal.data(),
        b.shift.data(), b.running_mean.data(), b.running_variance.data(), samples * positions, part, channels,
        T(1e-5), T(0.1), f, training});
  }
  batch_norm_backward(BatchNormBackward<T>{
      b.x.data(), b.y.data(), b.dy.data(), b.gain.data(), b.bias.data(), b.mean.data(), b.reciprocal.data(),
      b.shift.data(), b.dx.data(), b.dgain.data(), b.dbias.data(), samples * positions, part, channels, f});
}

template <class T, Index groups>
void run_group_norm(Buffers<T>& b, Activation f) {
  group_norm_forward(GroupNormForward<T>{b.x.data(), b.gain.data(), b.bias.data(), b.y.data(), b.mean.data(),
                                         b.reciprocal.data(), b.shift.data(), samples, positions, channels,
                                         groups, T(1e-5), f});
  group_norm_backward(GroupNormBackward<T>{b.x.data(), b.y.data(), b.dy.data(), b.gain.data(), b.bias.data(),
                                           b.mean.data(), b.reciprocal.data(), b.shift.data(), b.dx.data(),
                                           b.dgain.data(), b.dbias.data(), b.scratch.data(), samples,
                                           positions, channels, groups, f});
}

template <class T>
void run_dynamic_tanh(Buffers<T>& b, Activation f) {
  dynamic_tanh_forward(DynamicTanhForward<T>{b.x.data(), b.gain.data(), b.bias.data(), b.y.data(), T(0.7),
                                             samples * positions, channels, f});
  // The gradient of alpha goes where `results` finds it.
  dynamic_tanh_backward(DynamicTanhBackward<T>{b.x.data(), b.y.data(), b.dy.data(), b.gain.data(),
                                               b.bias.data(), b.dx.data(), b.dgain.data(), b.dbias.data(),
                                               b.mean.data(), T(0.7), samples * positions, channels, f});
}

template <class T>
void run_weight_norm(Buffers<T>& b, Activation) {
  weight_norm_forward(WeightNormForward<T>{b.x.data(), b.gain.data(), b.y.data(), b.reciprocal.data(),
                                           samples * positions, channels});
  weight_norm_backward(WeightNormBackward<T>{b.x.data(), b.gain.data(), b.dy.data(), b.reciprocal.data(),
                                             b.dx.data(), b.dgain.data(), samples * positions, channels});
}

template <class T>
double worst_difference(const Kernel<T>& kernel, Activation activation, std::int64_t target) {
  Buffers<T> best, other;
  hwy::SetSupportedTargetsForTest(0);
  kernel(best, activation);
  hwy::SetSupportedTargetsForTest(target);
  kernel(other, activation);
  hwy::SetSupportedTargetsForTest(0);
  const auto a = best.results(), b = other.results();
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double error = std::abs(a[i] - b[i]) / (1 + std::abs(a[i]));
    if (!(error <= worst)) worst = error;
  }
  return worst;
}

template <class T>
void check_on_every_target(const Kernel<T>& kernel, double tolerance) {
  for (const auto target : hwy::SupportedAndGeneratedTargets()) {
    for (const auto f : {Activation::identity, Activation::relu, Activation::tanh, Activation::gelu}) {
      INFO(hwy::TargetName(target) << ", activation " << static_cast<int>(f));
      CHECK(worst_difference<T>(kernel, f, target) < tolerance);
    }
  }
}

template <class T>
void check_all(double tolerance) {
  SUBCASE("bias") {
    check_on_every_target<T>(run_bias<T>, tolerance);
  }
  SUBCASE("layer norm") {
    check_on_every_target<T>(run_row_norm<T, RowNorm::layer>, tolerance);
  }
  SUBCASE("RMS norm") {
    check_on_every_target<T>(run_row_norm<T, RowNorm::rms>, tolerance);
  }
  SUBCASE("batch norm") {
    check_on_every_target<T>(run_batch_norm<T>, tolerance);
  }
  SUBCASE("group norm") {
    check_on_every_target<T>(run_group_norm<T, 4>, tolerance);
  }
  SUBCASE("group norm, small groups") {
    check_on_every_target<T>(run_group_norm<T, 28>, tolerance);
  }
  SUBCASE("instance norm") {
    check_on_every_target<T>(run_group_norm<T, channels>, tolerance);
  }
  SUBCASE("dynamic tanh") {
    check_on_every_target<T>(run_dynamic_tanh<T>, tolerance);
  }
  SUBCASE("weight norm") {
    check_on_every_target<T>(run_weight_norm<T>, tolerance);
  }
}

}  // namespace

TEST_CASE("normalization kernels agree on every instruction set of this machine, in single precision") {
  check_all<float>(1e-5);
}

TEST_CASE("normalization kernels agree on every instruction set of this machine, in double precision") {
  check_all<double>(1e-13);
}

}  // namespace normlab
