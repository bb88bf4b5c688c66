// Against values computed by hand, and by simulated experiments.
#include "normlab/statistics/timed_steps.h"

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include "normlab/core/random.h"
#include "statistics/fixture.h"

using namespace normlab;

namespace {

constexpr MedianInterval exact{.median = 0.01, .lower = 0.01, .upper = 0.01, .count = 15};

}  // namespace

TEST_CASE("seconds are the mean of the steps times the duration of a step, with the spread of the steps") {
  const auto timed = timed_mean(test::events({100, 200, 300}), exact);
  REQUIRE(timed);
  CHECK(timed->mean == doctest::Approx(2));
  CHECK_FALSE(timed->censored);
  CHECK(timed->horizon == doctest::Approx(3));
  // s = sqrt(((100)^2 + (100)^2) / 2) = 100, of the mean 100 / sqrt(3); t(0.975; 2) = 4.302653.
  const double distance = 4.302653 * 100 / std::sqrt(3.0) / 200;
  CHECK(timed->lower == doctest::Approx(2 * std::exp(-distance)));
  CHECK(timed->upper == doctest::Approx(2 * std::exp(distance)));
}

TEST_CASE("an uncertain step widens the interval, in square and on either side by itself") {
  const MedianInterval step{.median = 0.01, .lower = 0.01 / std::exp(0.3), .upper = 0.01 * std::exp(0.4)};
  const auto alike = timed_mean(test::events({200, 200, 200}), step);
  CHECK(alike->lower == doctest::Approx(2 * std::exp(-0.3)));
  CHECK(alike->upper == doctest::Approx(2 * std::exp(0.4)));
  const auto both = timed_mean(test::events({100, 200, 300}), step);
  const double distance = 4.302653 * 100 / std::sqrt(3.0) / 200;
  CHECK(both->lower == doctest::Approx(2 * std::exp(-std::hypot(distance, 0.3))));
  CHECK(both->upper == doctest::Approx(2 * std::exp(std::hypot(distance, 0.4))));
}

TEST_CASE("runs that did not reach the target restrict the mean, and a group of them has none") {
  const auto timed = timed_mean(std::vector<Observation>{{100, true}, {300, false}}, exact);
  REQUIRE(timed);
  CHECK(timed->censored);
  CHECK(timed->mean == doctest::Approx(2));  // of min(steps, 300)
  CHECK(timed->horizon == doctest::Approx(3));
  CHECK_FALSE(timed_mean(test::censored(3, 300), exact));
  const auto single = timed_mean(test::events({100}), exact);
  CHECK(single->lower == single->mean);
  CHECK(single->upper == single->mean);
  CHECK_THROWS_AS(timed_mean({}, exact), std::invalid_argument);
}

TEST_CASE("a ratio of means takes over what is not known of the ratio of the steps' durations") {
  const RatioInterval ratio{.ratio = 2,
                            .lower = 2 * std::exp(-0.3),
                            .upper = 2 * std::exp(0.3),
                            .standard_error = 0.15,
                            .degenerate = false};
  const MedianInterval scale{.median = 1.5, .lower = 1.5 * std::exp(-0.4), .upper = 1.5 * std::exp(0.4)};
  const RatioInterval scaled = with_scale(ratio, scale);
  CHECK(scaled.ratio == 2);
  CHECK(scaled.lower == doctest::Approx(2 * std::exp(-0.5)));
  CHECK(scaled.upper == doctest::Approx(2 * std::exp(0.5)));
  CHECK(scaled.standard_error == doctest::Approx(0.25));
}

TEST_CASE("95 % intervals of seconds hold the truth in about 95 % of simulated experiments") {
  constexpr int experiments = 4000, seeds = 10, rounds = 15;
  constexpr double deviation = 0.3, unsure = 0.2, mean_steps = 1000, seconds = 0.01;
  int covered = 0;
  for (int experiment = 0; experiment < experiments; ++experiment) {
    Random random(static_cast<std::uint64_t>(experiment), hash_name("seconds"));
    std::vector<double> steps, times;
    for (int seed = 0; seed < seeds; ++seed)
      steps.push_back(mean_steps * std::exp(deviation * random.normal() - deviation * deviation / 2));
    for (int round = 0; round < rounds; ++round)
      times.push_back(seconds * std::exp(unsure * random.normal()));
    const auto timed = timed_mean(test::events(steps), median_interval(times));
    const double truth = mean_steps * seconds;
    covered += timed->lower <= truth && truth <= timed->upper ? 1 : 0;
  }
  CHECK(covered >= 0.93 * experiments);
  CHECK(covered <= 0.97 * experiments);
}

TEST_CASE("a test of times with an uncertain factor is that of the factor with which they differ least") {
  const auto first = test::events({10, 11, 12, 13}), second = test::events({20, 21, 22, 23});
  const TwoGroups groups{first, second, 23, Pairing::independent};
  const PermutationTest exactly = permutation_test(groups, {});
  CHECK(exactly.p == doctest::Approx(2.0 / 70));
  const auto with = [&](double lower, double upper) {
    return permutation_test_with_scale(groups, {.median = 1, .lower = lower, .upper = upper}, 0.001, {}).p;
  };
  CHECK(with(1, 1) == doctest::Approx(2.0 / 70 + 0.001));
  CHECK(with(0.5, 1.1) == doctest::Approx(2.0 / 70 + 0.001));
  const auto scaled = test::events({17.5, 19.25, 21, 22.75});
  const double expected = permutation_test({scaled, second, 23, Pairing::independent}, {}).p;
  CHECK(expected > 0.1);
  CHECK(with(0.9, 1.75) == doctest::Approx(expected + 0.001));
  CHECK(with(0.9, 3) == 1);  // either way
  const auto censored = test::censored(4, 10);
  const TwoGroups unequal{censored, second, 10, Pairing::paired};
  CHECK(permutation_test_with_scale(unequal, {.median = 1, .lower = 0.5, .upper = 2}, 0.001, {}).p == 1);
  // At half its times the first group is seen up to 5, where it still is the slower one in every pair.
  const auto earlier = test::events({1, 2, 3, 4});
  const TwoGroups slower{censored, earlier, 10, Pairing::paired};
  CHECK(permutation_test_with_scale(slower, {.median = 1, .lower = 0.5, .upper = 2}, 0.001, {}).p ==
        doctest::Approx(2.0 / 16 + 0.001));
}
