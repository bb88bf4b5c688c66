// The sigmoid and tanh inside the recurrent cells, on every instruction set that this machine has. A plain
// LSTM row without bias applies both to what its gates hold: tanh to the third, sigmoid to the others.
#include <doctest/doctest.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "normlab/kernels/recurrent/lstm_cell.h"

namespace normlab {
namespace {

template <class T>
struct Both {
  std::vector<T> sigmoid, tanh;
};

template <class T>
Both<T> evaluate(const std::vector<T>& x) {
  const std::size_t n = x.size();
  std::vector<T> gates, zeros(4 * n), states(3 * n);
  for (int gate = 0; gate < 4; ++gate) gates.insert(gates.end(), x.begin(), x.end());
  const auto hidden = static_cast<Index>(n);
  lstm_forward(LstmForward<T>{
      .norm = {},
      .input = {.x = gates.data(), .width = 4 * hidden},
      .recurrent = {},
      .cell = {.x = states.data(), .width = hidden},
      .bias = zeros.data(),
      .state = {.gates = gates.data(), .tanh_cell = states.data() + n, .previous_cell = zeros.data()},
      .hidden_state = states.data() + 2 * n,
      .rows = 1,
      .hidden = hidden,
      .part = {0, 1}});
  const auto gate = [&](std::size_t k) {
    return std::vector<T>(gates.begin() + static_cast<std::ptrdiff_t>(k * n),
                          gates.begin() + static_cast<std::ptrdiff_t>((k + 1) * n));
  };
  return {gate(0), gate(2)};
}

// Both signs of magnitudes from 1e-30 to 130, evenly in the logarithm and, above 0.01, also by themselves.
template <class T>
std::vector<T> arguments() {
  std::vector<T> x;
  for (double v = 1e-30; v < 130; v *= 1.0007) x.push_back(static_cast<T>(v));
  for (double v = 0.01; v < 130; v += 0.00131) x.push_back(static_cast<T>(v));
  std::sort(x.begin(), x.end());
  const std::size_t positive = x.size();
  for (std::size_t i = 0; i < positive; ++i) x.push_back(-x[i]);
  return x;
}

// The largest error in units in the last place of the exact value; subnormal results count as 0.
template <class T, class Exact>
double worst_ulps(const std::vector<T>& x, const std::vector<T>& y, const Exact& exact) {
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double expected = exact(static_cast<double>(x[i]));
    const double smallest = std::numeric_limits<T>::min();
    const double ulp =
        std::ldexp(std::numeric_limits<T>::epsilon(), std::ilogb(std::max(std::abs(expected), smallest)));
    double error = std::abs(static_cast<double>(y[i]) - expected) / ulp;
    if (std::abs(expected) < smallest && std::abs(y[i]) <= smallest) error = 0;
    if (!(error <= worst)) worst = error;
  }
  return worst;
}

template <class T>
void check_bound(double ulps) {
  const auto x = arguments<T>();
  for (const auto target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    const auto y = evaluate(x);
    hwy::SetSupportedTargetsForTest(0);
    INFO(hwy::TargetName(target));
    CHECK(worst_ulps(x, y.sigmoid, [](double v) { return 1 / (1 + std::exp(-v)); }) <= ulps);
    CHECK(worst_ulps(x, y.tanh, [](double v) { return std::tanh(v); }) <= ulps);
  }
}

template <class T>
void check_ends() {
  constexpr T infinity = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  // Enough for whole vectors and a part of one.
  std::vector<T> x;
  for (int i = 0; i < 7; ++i) {
    for (const T v : {infinity, -infinity, nan, T(0), T(800), T(-800)}) x.push_back(v);
  }
  for (const auto target : hwy::SupportedAndGeneratedTargets()) {
    INFO(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    const auto y = evaluate(x);
    hwy::SetSupportedTargetsForTest(0);
    for (std::size_t i = 0; i < x.size(); i += 6) {
      CHECK((y.sigmoid[i] == T(1) && y.sigmoid[i + 4] == T(1)));
      CHECK((y.sigmoid[i + 1] == T(0) && y.sigmoid[i + 5] == T(0)));
      CHECK((std::isnan(y.sigmoid[i + 2]) && y.sigmoid[i + 3] == T(0.5)));
      CHECK((y.tanh[i] == T(1) && y.tanh[i + 4] == T(1)));
      CHECK((y.tanh[i + 1] == T(-1) && y.tanh[i + 5] == T(-1)));
      CHECK((std::isnan(y.tanh[i + 2]) && y.tanh[i + 3] == T(0)));
    }
  }
}

}  // namespace

TEST_CASE("sigmoid and tanh are within 3 units in the last place in single precision, in double within 8") {
  check_bound<float>(3);
  check_bound<double>(8);
}

TEST_CASE("sigmoid and tanh end in exactly -1, 0 and 1, and let what is no number through") {
  check_ends<float>();
  check_ends<double>();
}

TEST_CASE("sigmoid never decreases in single precision, tanh by no more than 2 units in the last place") {
  auto x = arguments<float>();
  std::sort(x.begin(), x.end());
  const auto y = evaluate(x);
  CHECK(std::is_sorted(y.sigmoid.begin(), y.sigmoid.end()));
  double worst = 0;
  for (std::size_t i = 1; i < x.size(); ++i) {
    const double step = std::nextafter(std::abs(y.tanh[i]), 2.0F) - std::abs(y.tanh[i]);
    worst = std::max(worst, static_cast<double>(y.tanh[i - 1] - y.tanh[i]) / step);
  }
  CHECK(worst <= 2);
}

}  // namespace normlab
