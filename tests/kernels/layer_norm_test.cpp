// The layer norm kernel against plain loops in double precision, on every instruction set of this machine.
#include "normlab/kernels/layer_norm.h"

#include "reference.h"

namespace normlab {
namespace {

struct Case {
  Index samples, positions, channels;
  double mean;     // of the inputs, whose deviation is 1
  Index outliers;  // numbers that the rough first mean sees and that are far from all others
};

template <class T>
double worst_error(const Case& c, Activation activation) {
  const Index length = c.positions * c.channels, size = c.samples * length;
  NormInput<T> in(size, c.channels, c.mean);
  for (Index i = 0; i < c.outliers; ++i) in.x[i] += T(1000);
  auto y = zeros<T>(size), dx = y, dgain = zeros<T>(c.channels), dbias = dgain;
  auto mean = zeros<T>(c.samples), reciprocal = mean, shift = mean;
  layer_norm_forward(LayerNormForward<T>{in.x.data(), in.gain.data(), in.bias.data(), y.data(), mean.data(),
                                         reciprocal.data(), shift.data(), c.samples, c.positions, c.channels,
                                         T(1e-5), activation});
  layer_norm_backward(LayerNormBackward<T>{
      in.x.data(), y.data(), in.dy.data(), in.gain.data(), in.bias.data(), mean.data(), reciprocal.data(),
      shift.data(), dx.data(), dgain.data(), dbias.data(), c.samples, c.positions, c.channels, activation});
  const NormKind kind{c.samples, [&](Index i) { return i / length; }, 1e-5};
  const NormResult expected = normalized_plainly(kind, in, activation);
  return worst_of_all({worst_of(y, expected.y), worst_of(dx, expected.dx), worst_of(dgain, expected.dgain),
                       worst_of(dbias, expected.dbias)});
}

template <class T>
void check(double tolerance) {
  const Case cases[] = {
      {1, 1, 37, 0, 0},
      {5, 1, 1000, 0, 0},
      {4, 1, 1024, 3, 0},
      {2, 9, 32, 0, 0},
      {3, 5, 35, -2, 0},
      {3, 1, 1000, 1e4, 0},
      {3, 1, 1000, 0, 16},  // of the first vectors only: the
                            // rough mean is far off
      {1, 1, 3001, -50, 64},
  };
  on_every_target([&] {
    for (const Case& c : cases) {
      for (const auto activation : all_activations) {
        INFO(c.samples << " x " << c.positions << " x " << c.channels << ", mean " << c.mean << ", outliers "
                       << c.outliers << ", activation " << static_cast<int>(activation));
        // A single-precision input at 1e4 is itself exact, and its statistics must not lose what it has.
        CHECK(worst_error<T>(c, activation) < tolerance);
      }
    }
  });
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
  const NormInput<float> in(rows * channels, channels, 1);
  // Tensors are aligned, as storing past the caches asks for.
  Tensor<float> y({rows, channels}), dx({rows, channels}), few_y({2, channels}), few_dx({2, channels});
  Tensor<float> mean({rows}), reciprocal({rows}), shift({rows}), dgain({channels}), dbias({channels});
  const auto run = [&](Index first, Index count, float* to_y, float* to_dx) {
    const Index at = first * channels;
    layer_norm_forward(LayerNormForward<float>{in.x.data() + at, in.gain.data(), in.bias.data(), to_y,
                                               mean.data(), reciprocal.data(), shift.data(), count, 1,
                                               channels, 1e-5F, Activation::relu});
    layer_norm_backward(LayerNormBackward<float>{in.x.data() + at, to_y, in.dy.data() + at, in.gain.data(),
                                                 in.bias.data(), mean.data(), reciprocal.data(), shift.data(),
                                                 to_dx, dgain.data(), dbias.data(), count, 1, channels,
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
