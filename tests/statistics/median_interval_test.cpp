// Against exact binomial sums, and by simulated measurements.
#include "normlab/statistics/median_interval.h"

#include <doctest/doctest.h>

#include <cmath>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "normlab/core/random.h"

using namespace normlab;

namespace {

std::vector<double> ranks(std::size_t count) {
  std::vector<double> values(count);
  std::iota(values.begin(), values.end(), 1.0);
  return values;
}

// Of two things that take turns in 15 rounds: what disturbs a round does it to both, every tenth turn is held
// up, and what is left differs by a few percent.
struct Rounds {
  std::vector<double> first, second, ratios;
};

Rounds simulated_rounds(std::uint64_t experiment, double ratio) {
  Random random(experiment, hash_name("rounds"));
  Rounds rounds;
  const auto turn = [&] {
    const double held_up = random.uniform() < 0.1 ? random.uniform(1.05, 1.5) : 1;
    return held_up * std::exp(0.02 * random.normal());
  };
  for (int round = 0; round < 15; ++round) {
    const double disturbed = std::exp(0.1 * random.normal());
    rounds.first.push_back(ratio * disturbed * turn());
    rounds.second.push_back(disturbed * turn());
    rounds.ratios.push_back(rounds.first.back() / rounds.second.back());
  }
  return rounds;
}

}  // namespace

TEST_CASE("the interval of a median lies between the order statistics that the binomial distribution gives") {
  struct Expected {
    std::size_t count;
    double level, lower;  // the upper one mirrors it
  };
  // 2 P(B <= k) of 15: 0.0352 for k = 3, 0.1185 for 4, 0.0074 for 2, 0.00098 for 1; of 6: 0.03125 for 0; of
  // 20: 0.0414 for 5 and 0.115 for 6.
  const std::vector<Expected> all{{15, 0.05, 4}, {15, 0.035, 3}, {15, 0.01, 3}, {15, 0.001, 2},
                                  {15, 1e-5, 1}, {6, 0.05, 1},   {20, 0.05, 6}, {3, 0.05, 1}};
  for (const Expected& expected : all) {
    CAPTURE(expected.count);
    CAPTURE(expected.level);
    const MedianInterval interval = median_interval(ranks(expected.count), expected.level);
    const auto last = static_cast<double>(expected.count + 1);
    CHECK(interval.lower == expected.lower);
    CHECK(interval.upper == last - expected.lower);
    CHECK(interval.median == last / 2);
    CHECK(interval.count == static_cast<Index>(expected.count));
  }
}

TEST_CASE("the sign test is the binomial one, and agrees with the interval") {
  std::vector<double> values = ranks(15);
  CHECK(sign_test(values, 3.5) == doctest::Approx(0.03515625));  // R: binom.test(3, 15)
  CHECK(sign_test(values, 0.5) == doctest::Approx(std::exp2(-14)));
  CHECK(sign_test(values, 15.5) == doctest::Approx(std::exp2(-14)));
  CHECK(sign_test(values, 8) == 1);  // 7 on either side
  CHECK(sign_test(std::vector<double>(5, 1.0), 1) == 1);
  for (double center = 0.5; center < 16; ++center) {
    const MedianInterval interval = median_interval(values);
    const bool outside = center < interval.lower || center > interval.upper;
    CHECK((sign_test(values, center) <= 0.05) == outside);
  }
}

TEST_CASE("no measurements, too many, and levels that are none are refused") {
  CHECK_THROWS_AS(median_interval({}), std::invalid_argument);
  CHECK_THROWS_AS(sign_test({}, 1), std::invalid_argument);
  CHECK_THROWS_AS(median_interval(ranks(1001)), std::invalid_argument);
  CHECK_NOTHROW(median_interval(ranks(1000)));
  CHECK_THROWS_AS(median_interval(ranks(15), 0), std::invalid_argument);
  CHECK_THROWS_AS(median_interval(ranks(15), std::nan("")), std::invalid_argument);
}

TEST_CASE(
    "95 % intervals of ratios within rounds hold the truth, and are narrower than what the rounds differ "
    "by") {
  constexpr int experiments = 4000;
  constexpr double truth = 1.1;
  int covered = 0, rejected = 0;
  double width = 0, width_of_times = 0;
  for (int experiment = 0; experiment < experiments; ++experiment) {
    const Rounds rounds = simulated_rounds(static_cast<std::uint64_t>(experiment), truth);
    const MedianInterval interval = median_interval(rounds.ratios);
    covered += interval.lower <= truth && truth <= interval.upper ? 1 : 0;
    rejected += sign_test(rounds.ratios, truth) <= 0.05 ? 1 : 0;
    width += std::log(interval.upper / interval.lower);
    const MedianInterval times = median_interval(rounds.first);
    width_of_times += std::log(times.upper / times.lower);
  }
  // 96.5 % is what 15 rounds give; three standard deviations of 4000 experiments are 0.9 %.
  CHECK(covered > 0.955 * experiments);
  CHECK(covered < 0.975 * experiments);
  CHECK(rejected == experiments - covered);
  CHECK(width < 0.5 * width_of_times);
}
