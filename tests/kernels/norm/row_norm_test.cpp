// The row norm kernel, layer and rms, against plain loops in double precision, on every instruction set of
// this machine.
#include "normlab/kernels/norm/row_norm.h"

#include "kernels/reference.h"

namespace normlab {
namespace {

struct Case {
  Index samples, positions, channels;
  double mean;     // of the inputs, whose deviation is 1
  Index outliers;  // numbers that the rough first mean sees and that are far from all others
};

// The kernel's arguments; under rms it has no bias and no mean.
template <class T>
struct Rows {
  RowNorm norm;
  Index samples, positions, channels;
  const NormInput<T>& in;
  std::vector<T> dgain = zeros<T>(channels), dbias = zeros<T>(norm == RowNorm::rms ? 0 : channels),
                 reciprocal = zeros<T>(samples), mean = zeros<T>(norm == RowNorm::rms ? 0 : samples),
                 shift = mean;

  void run(const T* x, const T* dy, T* y, T* dx, Activation activation) {
    const T* bias = norm == RowNorm::rms ? nullptr : in.bias.data();
    row_norm_forward(RowNormForward<T>{.norm = norm,
                                       .x = x,
                                       .gain = in.gain.data(),
                                       .bias = bias,
                                       .y = y,
                                       .mean = mean.data(),
                                       .reciprocal_deviation = reciprocal.data(),
                                       .shift = shift.data(),
                                       .samples = samples,
                                       .positions = positions,
                                       .channels = channels,
                                       .epsilon = T(1e-5),
                                       .activation = activation});
    row_norm_backward(RowNormBackward<T>{.norm = norm,
                                         .x = x,
                                         .y = y,
                                         .dy = dy,
                                         .gain = in.gain.data(),
                                         .bias = bias,
                                         .mean = mean.data(),
                                         .reciprocal_deviation = reciprocal.data(),
                                         .shift = shift.data(),
                                         .dx = dx,
                                         .dgain = dgain.data(),
                                         .dbias = dbias.data(),
                                         .samples = samples,
                                         .positions = positions,
                                         .channels = channels,
                                         .activation = activation});
  }
};

template <class T>
double worst_error(RowNorm norm, const Case& c, Activation activation) {
  const Index length = c.positions * c.channels, size = c.samples * length;
  NormInput<T> in(size, c.channels, c.mean);
  for (Index i = 0; i < c.outliers; ++i) in.x[i] += T(1000);
  if (norm == RowNorm::rms) in.bias = zeros<T>(c.channels);
  Rows<T> rows{norm, c.samples, c.positions, c.channels, in};
  rows.dgain.back() = T(5);  // gradients are added up
  auto y = zeros<T>(size), dx = y;
  rows.run(in.x.data(), in.dy.data(), y.data(), dx.data(), activation);
  const NormKind kind{c.samples, [&](Index i) { return i / length; }, 1e-5, norm == RowNorm::layer};
  NormResult expected = normalized_plainly(kind, in, activation);
  expected.dgain.back() += 5;
  const double worst = worst_of_all(
      {worst_of(y, expected.y), worst_of(dx, expected.dx), worst_of(rows.dgain, expected.dgain)});
  return norm == RowNorm::rms ? worst : std::max(worst, worst_of(rows.dbias, expected.dbias));
}

template <class T>
void check(RowNorm norm, double tolerance) {
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
        CHECK(worst_error<T>(norm, c, activation) < tolerance);
      }
    }
  });
}

}  // namespace

TEST_CASE("the row norm kernel computes its formulas, in single precision") {
  check<float>(RowNorm::layer, 2e-4);
  check<float>(RowNorm::rms, 2e-5);
}

TEST_CASE("the row norm kernel computes its formulas, in double precision") {
  check<double>(RowNorm::layer, 1e-9);
  check<double>(RowNorm::rms, 1e-13);
}

TEST_CASE("the row norm kernel computes the same beyond the caches as in them") {
  // 2.2 million numbers are written past the caches; the same rows two at a time are not.
  const Index rows = 2200, channels = 1024;
  const NormInput<float> in(rows * channels, channels, 1);
  // Tensors are aligned, as storing past the caches asks for.
  Tensor<float> y({rows, channels}), dx({rows, channels}), few_y({2, channels}), few_dx({2, channels});
  for (const RowNorm norm : {RowNorm::layer, RowNorm::rms}) {
    Rows<float> all{norm, rows, 1, channels, in}, few{norm, 2, 1, channels, in};
    all.run(in.x.data(), in.dy.data(), y.data(), dx.data(), Activation::relu);
    Index different = 0;
    for (Index at = 0; at < rows * channels; at += 2 * channels) {
      few.run(in.x.data() + at, in.dy.data() + at, few_y.data(), few_dx.data(), Activation::relu);
      for (Index i = 0; i < 2 * channels; ++i) {
        if (few_y[i] != y[at + i] || few_dx[i] != dx[at + i]) ++different;
      }
    }
    CHECK(different == 0);
  }
}

}  // namespace normlab
