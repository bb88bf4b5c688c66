// The update rules against plain loops in double precision, on every instruction set of this machine.
#include "normlab/kernels/optimizer_update.h"

#include "kernels/reference.h"

namespace normlab {
namespace {

constexpr Index sizes[] = {1, 5, 16, 37, 64, 1001};

// Widened, so that a formula in double precision starts from the very numbers that the kernel has.
template <class T>
std::vector<double> wide(const std::vector<T>& values) {
  return {values.begin(), values.end()};
}

struct Decay {
  double coupled, decoupled;  // Adam's and AdamW's
};

template <class T>
double worst_adam_error(Index size, Decay decay) {
  auto p = drawn<T>(size, 0, 1, "p"), m = zeros<T>(size), v = m;
  auto expected_p = wide(p), expected_m = wide(m), expected_v = wide(v);
  for (int step = 1; step <= 3; ++step) {
    const auto gradient = drawn<T>(size, 0, 1, "gradient" + std::to_string(step));
    const AdamUpdate<T> a{.parameter = p.data(),
                          .gradient = gradient.data(),
                          .first_moment = m.data(),
                          .second_moment = v.data(),
                          .size = size,
                          .beta1 = T(0.9),
                          .beta2 = T(0.999),
                          .one_minus_beta1 = T(0.1),
                          .one_minus_beta2 = T(0.001),
                          .epsilon = T(1e-8),
                          .step_size = static_cast<T>(0.01 / (1 - std::pow(0.9, step))),
                          .root_correction = static_cast<T>(1 / std::sqrt(1 - std::pow(0.999, step))),
                          .weight_decay = static_cast<T>(decay.coupled),
                          .decoupled_decay = static_cast<T>(decay.decoupled),
                          .gradient_scale = T(0.7)};
    adam_update(a);
    for (Index i = 0; i < size; ++i) {
      const double g = 0.7 * gradient[i] + decay.coupled * expected_p[i];
      expected_m[i] = 0.9 * expected_m[i] + 0.1 * g;
      expected_v[i] = 0.999 * expected_v[i] + 0.001 * g * g;
      const double root = std::sqrt(expected_v[i] / (1 - std::pow(0.999, step)));
      expected_p[i] = expected_p[i] * (1 - decay.decoupled) -
                      0.01 / (1 - std::pow(0.9, step)) * expected_m[i] / (root + 1e-8);
    }
  }
  return worst_of_all({worst_of(p, expected_p), worst_of(m, expected_m), worst_of(v, expected_v)});
}

struct Momentum {
  double momentum;  // 0: there is no velocity
  bool nesterov;
};

template <class T>
double worst_sgd_error(Index size, Momentum kind) {
  auto p = drawn<T>(size, 0, 1, "p"), velocity = zeros<T>(size);
  auto expected_p = wide(p), expected_velocity = wide(velocity);
  for (int step = 1; step <= 3; ++step) {
    const auto gradient = drawn<T>(size, 0, 1, "gradient" + std::to_string(step));
    sgd_update(SgdUpdate<T>{.parameter = p.data(),
                            .gradient = gradient.data(),
                            .velocity = kind.momentum == 0 ? nullptr : velocity.data(),
                            .size = size,
                            .learning_rate = T(0.1),
                            .momentum = static_cast<T>(kind.momentum),
                            .weight_decay = T(0.01),
                            .gradient_scale = T(0.7),
                            .nesterov = kind.nesterov});
    for (Index i = 0; i < size; ++i) {
      const double g = 0.7 * gradient[i] + 0.01 * expected_p[i];
      double by = g;
      if (kind.momentum != 0) {
        expected_velocity[i] = kind.momentum * expected_velocity[i] + g;
        by = kind.nesterov ? g + kind.momentum * expected_velocity[i] : expected_velocity[i];
      }
      expected_p[i] -= 0.1 * by;
    }
  }
  return worst_of_all({worst_of(p, expected_p), worst_of(velocity, expected_velocity)});
}

template <class T>
double sum_of_squares_error(Index size, double mean) {
  const auto x = drawn<T>(size, mean, 1, "x");
  double sum = 5, expected = 5;  // added to
  sum_of_squares(SumOfSquares<T>{x.data(), size, &sum});
  for (const T value : x) expected += double(value) * value;
  return worse(0, sum, expected);
}

template <class T>
void check(double tolerance) {
  on_every_target([&] {
    for (const Index size : sizes) {
      INFO(size << " elements");
      CHECK(worst_adam_error<T>(size, {0, 0}) < tolerance);
      CHECK(worst_adam_error<T>(size, {0.02, 0}) < tolerance);
      CHECK(worst_adam_error<T>(size, {0, 0.03}) < tolerance);  // AdamW
      CHECK(worst_sgd_error<T>(size, {0, false}) < tolerance);
      CHECK(worst_sgd_error<T>(size, {0.9, false}) < tolerance);
      CHECK(worst_sgd_error<T>(size, {0.9, true}) < tolerance);
    }
    for (const Index size : {1, 37, 1024, 1025, 200003}) {
      INFO(size << " elements");
      CHECK(sum_of_squares_error<T>(size, 0) < tolerance);
      CHECK(sum_of_squares_error<T>(size, 100) < tolerance);
    }
  });
}

}  // namespace

TEST_CASE("the update rules and the sum of squares compute their formulas, in single precision") {
  check<float>(1e-6);
}

TEST_CASE("the update rules and the sum of squares compute their formulas, in double precision") {
  check<double>(1e-14);
}

TEST_CASE("the update rules hide no gradient that is not a number") {
  on_every_target([] {
    std::vector<float> p(21, 1.0F), q = p, m(21), v(21), gradient(21);
    gradient[20] = std::nanf("");
    adam_update(AdamUpdate<float>{p.data(), gradient.data(), m.data(), v.data(), 21, 0.9F, 0.999F, 0.1F,
                                  0.001F, 1e-8F, 0.01F, 1, 0, 0, 1});
    sgd_update(SgdUpdate<float>{q.data(), gradient.data(), nullptr, 21, 0.1F, 0, 0, 1, false});
    double sum = 0;
    sum_of_squares(SumOfSquares<float>{gradient.data(), 21, &sum});
    CHECK(std::isnan(p[20]));
    CHECK(std::isnan(q[20]));
    CHECK(std::isnan(sum));
    CHECK(p[19] == 1.0F);
  });
}

}  // namespace normlab
