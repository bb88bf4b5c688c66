#include "normlab/onednn/convolution.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <string>
#include <vector>

#include "normlab/core/random.h"
#include "normlab/onednn/version.h"

namespace normlab {
namespace {

// The same random numbers in both precisions.
struct Operand {
  Operand(const Shape& shape, std::uint64_t seed) : single(shape), precise(shape) {
    Random random(seed, hash_name("convolution"));
    for (Index i = 0; i < single.size(); ++i) {
      single[i] = static_cast<float>(random.normal());
      precise[i] = single[i];
    }
  }
  // The largest difference, relative to the largest element.
  double error() const {
    double worst = 0, scale = 0;
    for (Index i = 0; i < single.size(); ++i) {
      scale = std::max(scale, std::abs(precise[i]));
      const double difference = std::abs(single[i] - precise[i]);
      if (!(difference <= worst)) worst = difference;
    }
    return worst / scale;
  }
  Tensor<float> single;
  Tensor<double> precise;
};

struct Errors {
  double forward, data, weights;
};

Errors errors_of_single_precision(const ConvolutionShape& s) {
  Operand src({s.batch, s.height, s.width, s.in_channels}, 1);
  Operand weights({s.out_channels, s.in_channels, s.kernel, s.kernel}, 2);
  const Shape out{s.batch, s.out_height(), s.out_width(), s.out_channels};
  // Results start as noise, which has to be overwritten.
  Operand dst(out, 3), ddst(out, 4), dsrc(src.single.shape(), 5), dweights(weights.single.shape(), 6);
  const Convolution<float> single(s, {.src = true, .weights = true});
  const Convolution<double> precise(s, {.src = true, .weights = true});
  single.forward(src.single.data(), weights.single.data(), dst.single.data());
  precise.forward(src.precise.data(), weights.precise.data(), dst.precise.data());
  single.backward_data(ddst.single.data(), weights.single.data(), dsrc.single.data());
  precise.backward_data(ddst.precise.data(), weights.precise.data(), dsrc.precise.data());
  single.backward_weights(src.single.data(), ddst.single.data(), dweights.single.data());
  precise.backward_weights(src.precise.data(), ddst.precise.data(), dweights.precise.data());
  return {dst.error(), dsrc.error(), dweights.error()};
}

}  // namespace

TEST_CASE("convolution in single precision agrees with plain loops in double, forward and backward") {
  const std::vector<ConvolutionShape> shapes = {
      {.batch = 2, .in_channels = 1, .out_channels = 32, .height = 28, .width = 28},
      {.batch = 3, .in_channels = 32, .out_channels = 64, .height = 14, .width = 14},
      {.batch = 1, .in_channels = 64, .out_channels = 128, .height = 7, .width = 7},
      {.batch = 1, .in_channels = 1, .out_channels = 1, .height = 1, .width = 1},
      {.batch = 5, .in_channels = 3, .out_channels = 5, .height = 9, .width = 6},
      {.batch = 2, .in_channels = 17, .out_channels = 33, .height = 7, .width = 13},
      {.batch = 2, .in_channels = 10, .out_channels = 20, .height = 5, .width = 3},
      {.batch = 2, .in_channels = 8, .out_channels = 16, .height = 11, .width = 8, .stride = 2},
      {.batch = 2, .in_channels = 3, .out_channels = 7, .height = 10, .width = 9, .stride = 3},
      {.batch = 2, .in_channels = 4, .out_channels = 6, .height = 8, .width = 9, .kernel = 5, .padding = 2},
      {.batch = 2, .in_channels = 16, .out_channels = 24, .height = 6, .width = 6, .kernel = 1, .padding = 0},
      {.batch = 2, .in_channels = 5, .out_channels = 8, .height = 9, .width = 7, .padding = 0}};
  double worst = 0;
  std::string where;
  for (const ConvolutionShape& s : shapes) {
    const Errors errors = errors_of_single_precision(s);
    const double error = std::max({errors.forward, errors.data, errors.weights});
    if (error <= worst) continue;  // a comparison that not-a-number fails
    worst = error;
    where = fmt::format("{} -> {} channels, image {} x {}, stride {}: forward {}, data {}, weights {}",
                        s.in_channels, s.out_channels, s.height, s.width, s.stride, errors.forward,
                        errors.data, errors.weights);
  }
  INFO(where);
  CHECK(worst < 1e-5);
}

TEST_CASE("a convolution planned again makes no primitives, and running one makes none") {
  const ConvolutionShape shape{.batch = 2, .in_channels = 4, .out_channels = 8, .height = 6, .width = 6};
  const Convolution<float> first(shape, {.src = true, .weights = true});
  const auto made = onednn::primitives_made();
  const Convolution<float> second(shape, {.src = true, .weights = true});
  Tensor<float> src({2, 6, 6, 4}), weights({8, 4, 3, 3}), dst({2, 6, 6, 8});
  for (int run = 0; run < 2; ++run) {
    second.forward(src.data(), weights.data(), dst.data());
    second.backward_data(dst.data(), weights.data(), src.data());
    second.backward_weights(src.data(), dst.data(), weights.data());
  }
  CHECK(onednn::primitives_made() == made);
}

TEST_CASE("two convolutions of one shape keep their weights and scratch memory apart") {
  const ConvolutionShape shape{.batch = 1, .in_channels = 8, .out_channels = 8, .height = 4, .width = 4};
  Operand src({1, 4, 4, 8}, 1), weights({8, 8, 3, 3}, 2), other_weights({8, 8, 3, 3}, 3);
  Tensor<float> before({1, 4, 4, 8}), after({1, 4, 4, 8}), other({1, 4, 4, 8});
  const Convolution<float> one(shape, {}), two(shape, {});
  one.forward(src.single.data(), weights.single.data(), before.data());
  two.forward(src.single.data(), other_weights.single.data(), other.data());
  one.forward(src.single.data(), weights.single.data(), after.data());
  double change = 0, difference = 0;
  for (Index i = 0; i < before.size(); ++i) {
    change = std::max(change, std::abs(double(after[i]) - before[i]));
    difference = std::max(difference, std::abs(double(other[i]) - before[i]));
  }
  CHECK(change == 0);
  CHECK(difference > 1);
}

}  // namespace normlab
