// The bias kernel against plain loops in double precision, on every instruction set of this machine.
#include "normlab/kernels/norm/bias.h"

#include "kernels/reference.h"

namespace normlab {
namespace {

template <class T>
double worst_error(Index rows, Index channels, Activation activation) {
  const Index size = rows * channels;
  const NormInput<T> in(size, channels, 0);
  auto y = zeros<T>(size), dx = in.dy, dbias = std::vector<T>(in.gain);  // dx in place of dy; dbias added to
  bias_forward(BiasForward<T>{in.x.data(), in.bias.data(), y.data(), rows, channels, activation});
  bias_backward(BiasBackward<T>{in.x.data(), y.data(), dx.data(), in.bias.data(), dx.data(), dbias.data(),
                                rows, channels, activation});
  auto expected_y = zeros<double>(size), expected_dx = expected_y;
  std::vector<double> expected_dbias(in.gain.begin(), in.gain.end());
  for (Index i = 0; i < size; ++i) {
    const Function f = apply(activation, double(in.x[i]) + in.bias[i % channels]);
    expected_y[i] = f.value;
    expected_dx[i] = in.dy[i] * f.derivative;
    expected_dbias[i % channels] += expected_dx[i];
  }
  return worst_of_all({worst_of(y, expected_y), worst_of(dx, expected_dx), worst_of(dbias, expected_dbias)});
}

template <class T>
void check(double tolerance) {
  on_every_target([&] {
    for (const auto& one : {std::pair<Index, Index>{1, 1}, {1, 37}, {8, 64}, {9, 33}, {21, 5}, {128, 1001}}) {
      const auto& rows = one.first;
      const auto& channels = one.second;
      for (const auto activation : all_activations) {
        INFO(rows << " x " << channels << ", activation " << static_cast<int>(activation));
        CHECK(worst_error<T>(rows, channels, activation) < tolerance);
      }
    }
  });
}

}  // namespace

TEST_CASE("the bias kernel computes its formulas, in single precision") {
  check<float>(5e-6);
}

TEST_CASE("the bias kernel computes its formulas, in double precision") {
  check<double>(1e-14);
}

}  // namespace normlab
