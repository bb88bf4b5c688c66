// The RMS norm kernel against plain loops in double precision, on every instruction set of this machine.
#include "normlab/kernels/rms_norm.h"

#include "reference.h"

namespace normlab {
namespace {

struct Case {
  Index samples, positions, channels;
  double mean;  // of the inputs, whose deviation is 1
};

template <class T>
double worst_error(const Case& c, Activation activation) {
  const Index length = c.positions * c.channels, size = c.samples * length;
  NormInput<T> in(size, c.channels, c.mean);
  in.bias = zeros<T>(c.channels);
  auto y = zeros<T>(size), dx = y, dgain = zeros<T>(c.channels), reciprocal = zeros<T>(c.samples);
  dgain.back() = T(5);  // gradients are added up
  rms_norm_forward(RmsNormForward<T>{in.x.data(), in.gain.data(), y.data(), reciprocal.data(), c.samples,
                                     c.positions, c.channels, T(1e-5), activation});
  rms_norm_backward(RmsNormBackward<T>{in.x.data(), y.data(), in.dy.data(), in.gain.data(), reciprocal.data(),
                                       dx.data(), dgain.data(), c.samples, c.positions, c.channels,
                                       activation});
  const NormKind kind{c.samples, [&](Index i) { return i / length; }, 1e-5, false};
  NormResult expected = normalized_plainly(kind, in, activation);
  expected.dgain.back() += 5;
  return worst_of_all({worst_of(y, expected.y), worst_of(dx, expected.dx), worst_of(dgain, expected.dgain)});
}

template <class T>
void check(double tolerance) {
  const Case cases[] = {{1, 1, 1, 0},   {1, 1, 37, 0}, {5, 1, 1000, 0}, {4, 1, 1024, 3},
                        {3, 5, 35, -2}, {2, 8, 64, 0}, {1, 7, 3, 1},    {3, 1, 1001, 1e4}};
  on_every_target([&] {
    for (const Case& c : cases) {
      for (const auto activation : all_activations) {
        INFO(c.samples << " x " << c.positions << " x " << c.channels << ", mean " << c.mean
                       << ", activation " << static_cast<int>(activation));
        CHECK(worst_error<T>(c, activation) < tolerance);
      }
    }
  });
}

}  // namespace

TEST_CASE("the RMS norm kernel computes its formulas, in single precision") {
  check<float>(1e-5);
}

TEST_CASE("the RMS norm kernel computes its formulas, in double precision") {
  check<double>(1e-13);
}

TEST_CASE("the RMS norm kernel computes the same beyond the caches as in them") {
  // 2.2 million numbers are written past the caches; the same rows two at a time are not.
  const Index rows = 2200, channels = 1024;
  const NormInput<float> in(rows * channels, channels, 1);
  // Tensors are aligned, as storing past the caches asks for.
  Tensor<float> y({rows, channels}), dx({rows, channels}), few_y({2, channels}), few_dx({2, channels});
  Tensor<float> reciprocal({rows}), dgain({channels});
  const auto run = [&](Index first, Index count, float* to_y, float* to_dx) {
    const Index at = first * channels;
    rms_norm_forward(RmsNormForward<float>{in.x.data() + at, in.gain.data(), to_y, reciprocal.data(), count,
                                           1, channels, 1e-5F, Activation::relu});
    rms_norm_backward(RmsNormBackward<float>{in.x.data() + at, to_y, in.dy.data() + at, in.gain.data(),
                                             reciprocal.data(), to_dx, dgain.data(), count, 1, channels,
                                             Activation::relu});
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
