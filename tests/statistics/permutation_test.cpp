#include "normlab/statistics/permutation.h"

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include "statistics/fixture.h"

using namespace normlab;
using namespace normlab::test;

TEST_CASE("exact permutation tests have the p of SciPy's and of R's coin") {
  int with_coin = 0;
  for (const auto& item : statistics_fixture().at("pairs").items()) {
    CAPTURE(item.key());
    const Json& pair = item.value();
    const TwoSamples of = two_samples(pair);
    const PermutationTest found = permutation_test(of.groups(), {});
    CHECK(found.exact);
    CHECK(found.p == doctest::Approx(pair.at("permutation_p").get<double>()).epsilon(1e-12));
    if (!pair.at("coin_p").is_null()) {
      ++with_coin;
      CHECK(found.p == doctest::Approx(pair.at("coin_p").get<double>()).epsilon(1e-9));
    }
    if (!pair.contains("paired_p")) continue;
    const PermutationTest paired = permutation_test(of.groups(Pairing::paired), {});
    CHECK(paired.exact);
    CHECK(paired.arrangements == Index{1} << of.first.size());
    CHECK(paired.p == doctest::Approx(pair.at("paired_p").get<double>()).epsilon(1e-12));
  }
  CHECK(with_coin == 3);
}

TEST_CASE("groups that do not overlap have the smallest p that their design can give") {
  const std::vector<Observation> low = events({1, 2, 3, 4, 5}), high = events({11, 12, 13, 14, 15, 16});
  const std::span<const Observation> five = std::span(high).first(5);
  const PermutationTest equal = permutation_test({.first = low, .second = five, .horizon = 20}, {});
  CHECK(equal.arrangements == 252);
  CHECK(equal.p == doctest::Approx(2.0 / 252));
  CHECK(equal.smallest_p == equal.p);
  const PermutationTest paired =
      permutation_test({.first = low, .second = five, .horizon = 20, .pairing = Pairing::paired}, {});
  CHECK(paired.p == doctest::Approx(2.0 / 32));
  CHECK(paired.smallest_p == paired.p);
  const PermutationTest unequal = permutation_test({.first = low, .second = high, .horizon = 20}, {});
  CHECK(unequal.arrangements == 462);
  CHECK(unequal.p == doctest::Approx(1.0 / 462));
  CHECK(unequal.smallest_p == unequal.p);
}

TEST_CASE("groups without a difference have p = 1, and so do groups without an event") {
  for (const Pairing pairing : {Pairing::independent, Pairing::paired}) {
    const std::vector<Observation> alike = events({2, 2, 2}), none = censored(3, 5),
                                   mixed = events({1, 2, 4});
    CHECK(permutation_test({.first = alike, .second = alike, .horizon = 5, .pairing = pairing}, {}).p == 1);
    CHECK(permutation_test({.first = none, .second = none, .horizon = 5, .pairing = pairing}, {}).p == 1);
    CHECK(permutation_test({.first = mixed, .second = mixed, .horizon = 5, .pairing = pairing}, {}).p == 1);
  }
}

TEST_CASE("drawn arrangements come near the p of all, are the same for a seed and never give 0") {
  const TwoSamples of = two_samples(statistics_fixture().at("pairs").at("mostly_censored"));
  for (const Pairing pairing : {Pairing::independent, Pairing::paired}) {
    const double exact = permutation_test(of.groups(pairing), {}).p;
    const PermutationOptions drawn{.most_arrangements = 10, .draws = 20'000, .seed = 5};
    const PermutationTest found = permutation_test(of.groups(pairing), drawn);
    CHECK_FALSE(found.exact);
    CHECK(found.arrangements == 20'000);
    CHECK(found.smallest_p == doctest::Approx(1.0 / 20'001));
    // six standard deviations
    CHECK(std::abs(found.p - exact) < 6 * std::sqrt(exact * (1 - exact) / 20'000));
    CHECK(permutation_test(of.groups(pairing), drawn).p == found.p);
    PermutationOptions other = drawn;
    other.seed = 6;
    CHECK(permutation_test(of.groups(pairing), other).p != found.p);
  }
  std::vector<Observation> low, high;
  for (int i = 0; i < 20; ++i) {
    low.push_back({.time = 1 + 0.01 * i, .event = true});
    high.push_back({.time = 2 + 0.01 * i, .event = true});
  }
  const PermutationTest clear =
      permutation_test({.first = low, .second = high, .horizon = 3}, {.draws = 999});
  CHECK_FALSE(clear.exact);
  CHECK(clear.p == doctest::Approx(0.001));
}

TEST_CASE("every observation is drawn into either group as often as its size says") {
  // Of six ways to choose one of them, the one that was seen and the one with the last are as extreme.
  const std::vector<Observation> one = events({1}), five = events({2, 3, 4, 5, 100});
  const TwoGroups groups{.first = one, .second = five, .horizon = 200};
  CHECK(permutation_test(groups, {}).p == doctest::Approx(2.0 / 6));
  const PermutationTest drawn = permutation_test(groups, {.most_arrangements = 5, .draws = 20'000});
  CHECK(drawn.p == doctest::Approx(2.0 / 6).epsilon(0.03));
}

TEST_CASE("up to a million arrangements are all looked at, and no more") {
  const PermutationOptions options;
  const std::vector<Observation> low = events({1, 2, 3, 4, 5}), high = events({11, 12, 13, 14, 15});
  const TwoGroups groups{.first = low, .second = high, .horizon = 20};
  const PermutationTest all = permutation_test(groups, {.most_arrangements = 252, .draws = 99});
  CHECK(all.exact);
  CHECK(all.smallest_p == doctest::Approx(2.0 / 252));
  const PermutationTest some = permutation_test(groups, {.most_arrangements = 251, .draws = 99});
  CHECK_FALSE(some.exact);
  CHECK(some.smallest_p == doctest::Approx(0.01));
  CHECK(smallest_permutation_p(10, 10, Pairing::independent, options) == doctest::Approx(2.0 / 184'756));
  CHECK(smallest_permutation_p(11, 11, Pairing::independent, options) == doctest::Approx(2.0 / 705'432));
  CHECK(smallest_permutation_p(12, 12, Pairing::independent, options) == doctest::Approx(1e-5));
  CHECK(smallest_permutation_p(19, 19, Pairing::paired, options) == doctest::Approx(std::exp2(-18)));
  CHECK(smallest_permutation_p(20, 20, Pairing::paired, options) == doctest::Approx(1e-5));
  CHECK(smallest_permutation_p(5, 5, Pairing::paired, options) == doctest::Approx(0.0625));
  CHECK(smallest_permutation_p(3, 3, Pairing::independent, options) == doctest::Approx(0.1));
  CHECK(smallest_permutation_p(1, 1, Pairing::paired, options) == 1);
  CHECK(smallest_permutation_p(1'000'000, 1'000'000, Pairing::independent, options) == doctest::Approx(1e-5));
}

TEST_CASE("permutation tests refuse groups that cannot be compared") {
  const std::vector<Observation> three = events({1, 2, 3}), two = events({1, 2}), zero = events({0, 2, 3}),
                                 until_2 = censored(3, 2);
  const auto check_refused = [](const TwoGroups& groups, const PermutationOptions& options = {}) {
    CHECK_THROWS_AS(permutation_test(groups, options), std::invalid_argument);
  };
  check_refused({.first = three, .second = {}, .horizon = 3});
  check_refused({.first = {}, .second = three, .horizon = 3});
  check_refused({.first = three, .second = two, .horizon = 3, .pairing = Pairing::paired});
  check_refused({.first = three, .second = zero, .horizon = 3});
  check_refused({.first = three, .second = until_2, .horizon = 3});
  check_refused({.first = three, .second = three, .horizon = 0});
  check_refused({.first = three, .second = three, .horizon = 3}, {.draws = 0});
  check_refused({.first = three, .second = three, .horizon = 3}, {.most_arrangements = 0});
  CHECK_THROWS_AS(smallest_permutation_p(0, 3, Pairing::independent, {}), std::invalid_argument);
  CHECK_THROWS_AS(smallest_permutation_p(2, 3, Pairing::paired, {}), std::invalid_argument);
}
