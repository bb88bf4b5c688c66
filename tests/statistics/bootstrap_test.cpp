#include "normlab/statistics/bootstrap.h"

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include "statistics/fixture.h"

using namespace normlab;
using namespace normlab::test;

namespace {

const Json& pair_of(const std::string& name) {
  return statistics_fixture().at("pairs").at(name);
}

bool same(const RatioInterval& a, const RatioInterval& b) {
  return a.ratio == b.ratio && a.lower == b.lower && a.upper == b.upper &&
         a.standard_error == b.standard_error;
}

}  // namespace

TEST_CASE("bootstrap intervals are those of a million resamples in NumPy") {
  REQUIRE(statistics_fixture().at("bootstrap").size() == 8);
  for (const Json& item : statistics_fixture().at("bootstrap")) {
    const TwoSamples of = two_samples(pair_of(item.at("pair")));
    const Pairing pairing = item.at("paired").get<bool>() ? Pairing::paired : Pairing::independent;
    CAPTURE(item.dump());
    const RatioInterval found = bootstrap_ratio(
        of.groups(pairing), {.level = item.at("level").get<double>(), .resamples = 200'000, .seed = 1});
    CHECK(found.ratio == doctest::Approx(item.at("ratio").get<double>()).epsilon(1e-12));
    CHECK(std::log(found.lower / item.at("lower").get<double>()) == doctest::Approx(0).epsilon(0.01));
    CHECK(std::log(found.upper / item.at("upper").get<double>()) == doctest::Approx(0).epsilon(0.01));
    CHECK(found.standard_error == doctest::Approx(item.at("standard_error").get<double>()).epsilon(0.01));
    CHECK_FALSE(found.degenerate);
  }
}

TEST_CASE("a bootstrap interval is a function of its seed, and turns over with the groups") {
  const TwoSamples of = two_samples(pair_of("censored_early"));
  const RatioInterval found = bootstrap_ratio(of.groups(), {.seed = 3});
  CHECK(same(found, bootstrap_ratio(of.groups(), {.seed = 3})));
  CHECK_FALSE(same(found, bootstrap_ratio(of.groups(), {.seed = 4})));
  const TwoSamples turned{.first = of.second, .second = of.first, .horizon = of.horizon};
  const RatioInterval other = bootstrap_ratio(turned.groups(), {.seed = 3});
  CHECK(other.ratio == doctest::Approx(1 / found.ratio));
  CHECK(std::log(other.lower * found.upper) == doctest::Approx(0).epsilon(0.05));
  CHECK(std::log(other.upper * found.lower) == doctest::Approx(0).epsilon(0.05));
}

TEST_CASE("groups of different sizes have Welch's degrees of freedom") {
  // A group whose times hardly differ adds next to nothing: what is left is the error of one mean of four
  // times.
  const std::vector<Observation> four = events({10, 11, 12, 13}), forty(40, {.time = 5, .event = true});
  const RatioInterval found = bootstrap_ratio({.first = four, .second = forty, .horizon = 20}, {.seed = 1});
  const double error = std::sqrt(5.0 / 3 / 4) / 11.5, t_of_3 = 3.182446;
  CHECK(found.standard_error == doctest::Approx(error).epsilon(0.03));
  CHECK(std::log(found.upper / found.ratio) == doctest::Approx(t_of_3 * error).epsilon(0.06));
  CHECK(std::log(found.ratio / found.lower) == doctest::Approx(t_of_3 * error).epsilon(0.06));
}

TEST_CASE("resampling pairs keeps what they have in common out of the interval") {
  // Twice the time at every seed, however long the seed takes.
  const std::vector<Observation> first = events({2, 4, 8, 16, 32}), second = events({1, 2, 4, 8, 16});
  const TwoGroups paired{.first = first, .second = second, .horizon = 40, .pairing = Pairing::paired};
  const RatioInterval found = bootstrap_ratio(paired, {});
  CHECK(found.lower == doctest::Approx(2));
  CHECK(found.upper == doctest::Approx(2));
  TwoGroups independent = paired;
  independent.pairing = Pairing::independent;
  CHECK(bootstrap_ratio(independent, {}).upper > 4);
}

TEST_CASE("a group without an event widens the interval by the events that did not show themselves") {
  const std::vector<Observation> none = censored(10, 8), equal(10, {.time = 2, .event = true});
  const double unseen = std::pow(0.025, 0.1);
  const RatioInterval above = bootstrap_ratio({.first = none, .second = equal, .horizon = 8}, {});
  CHECK(above.ratio == doctest::Approx(4));
  CHECK(above.lower == doctest::Approx(4 * unseen));
  CHECK(above.upper == doctest::Approx(4));
  CHECK(above.degenerate);
  const RatioInterval below = bootstrap_ratio({.first = equal, .second = none, .horizon = 8}, {});
  CHECK(below.lower == doctest::Approx(0.25));
  CHECK(below.upper == doctest::Approx(0.25 / unseen));
  const RatioInterval both = bootstrap_ratio({.first = none, .second = none, .horizon = 8}, {});
  CHECK(both.ratio == 1);
  CHECK(both.lower == doctest::Approx(unseen));
  CHECK(both.upper == doctest::Approx(1 / unseen));
  CHECK(both.standard_error == 0);
  // The two distances are added in square; at another level they are others.
  const std::vector<Observation> some = events({1, 2, 3, 4});
  const RatioInterval mixed = bootstrap_ratio({.first = none, .second = some, .horizon = 8}, {});
  CHECK_FALSE(mixed.degenerate);
  CHECK(mixed.lower < 8 / 2.5 * unseen);
  const RatioInterval strict =
      bootstrap_ratio({.first = none, .second = none, .horizon = 8}, {.level = 0.001});
  CHECK(strict.lower == doctest::Approx(std::pow(0.0005, 0.1)));
}

TEST_CASE("who left before the horizon says nothing of the events that did not show themselves until then") {
  const std::vector<Observation> five = {{3, false}, {4, false}, {8, false}, {8, false}, {9, false}};
  const std::vector<Observation> equal = events({2, 2});
  const RatioInterval found = bootstrap_ratio({.first = five, .second = equal, .horizon = 8}, {});
  CHECK(found.ratio == doctest::Approx(4));
  CHECK(found.lower == doctest::Approx(4 * std::pow(0.025, 1.0 / 3)));
}

TEST_CASE("an interval next to no width ends at its estimate where its resamples lie on the other side") {
  // Of skewed times most resampled means lie below the mean.
  const std::vector<Observation> skewed = events({1, 1.3, 2.9, 4.2, 40}),
                                 equal(5, {.time = 2, .event = true});
  const RatioInterval found =
      bootstrap_ratio({.first = skewed, .second = equal, .horizon = 50}, {.level = 0.999});
  CHECK(found.upper == doctest::Approx(found.ratio));
  CHECK(found.lower < 0.999 * found.ratio);
}

TEST_CASE("groups whose times are all equal have an interval of no width") {
  const std::vector<Observation> two(5, {.time = 2, .event = true}), three(5, {.time = 3, .event = true});
  for (const Pairing pairing : {Pairing::independent, Pairing::paired}) {
    const RatioInterval found =
        bootstrap_ratio({.first = two, .second = three, .horizon = 8, .pairing = pairing}, {});
    CHECK(found.degenerate);
    CHECK(found.standard_error == 0);
    CHECK(found.lower == doctest::Approx(2.0 / 3));
    CHECK(found.upper == doctest::Approx(2.0 / 3));
  }
}

TEST_CASE("bootstrap intervals of whatever samples are finite and hold their estimate") {
  for (const double horizon : {0.5, 1.0, 2.5, 4.0, 100.0}) {
    for (unsigned pattern = 0; pattern < 64; ++pattern) {
      std::vector<Observation> first, second;
      for (unsigned i = 0; i < 3; ++i) {
        first.push_back(
            {.time = (pattern >> i & 1) != 0 ? 1.0 + i : horizon, .event = (pattern >> i & 1) != 0});
        second.push_back({.time = (pattern >> (3 + i) & 1) != 0 ? 3.0 - i : horizon,
                          .event = (pattern >> (3 + i) & 1) != 0});
      }
      CAPTURE(horizon);
      CAPTURE(pattern);
      const std::vector curves = {kaplan_meier(first), kaplan_meier(second)};
      for (const Pairing pairing : {Pairing::independent, Pairing::paired}) {
        const RatioInterval found = bootstrap_ratio(
            {.first = first, .second = second, .horizon = common_horizon(curves), .pairing = pairing},
            {.resamples = 100});
        CHECK(found.lower > 0);
        CHECK(found.lower <= found.ratio * (1 + 1e-12));
        CHECK(found.ratio <= found.upper * (1 + 1e-12));
        CHECK(std::isfinite(found.upper));
        CHECK(std::isfinite(found.standard_error));
      }
    }
  }
}

TEST_CASE("a bootstrap takes as many resamples as its level needs") {
  const TwoSamples of = two_samples(pair_of("alike"));
  CHECK(same(bootstrap_ratio(of.groups(), {.level = 0.001, .resamples = 10}),
             bootstrap_ratio(of.groups(), {.level = 0.001, .resamples = 50'000})));
}

TEST_CASE("bootstrap intervals refuse what has none") {
  const TwoSamples of = two_samples(pair_of("alike"));
  const std::vector<Observation> one = events({2}), zero = events({0, 1}), two = events({1, 2});
  const auto check_refused = [](const TwoGroups& groups, const BootstrapOptions& options = {}) {
    CHECK_THROWS_AS(bootstrap_ratio(groups, options), std::invalid_argument);
  };
  check_refused({.first = one, .second = two, .horizon = 2});
  check_refused({.first = two, .second = one, .horizon = 2});
  check_refused({.first = two, .second = zero, .horizon = 2});
  check_refused({.first = of.first, .second = two, .horizon = 2, .pairing = Pairing::paired});
  check_refused({.first = of.first, .second = of.second, .horizon = 100});
  for (const double level : {0.0, 1e-5, 1.0, std::nan("")}) check_refused(of.groups(), {.level = level});
  check_refused(of.groups(), {.resamples = 0});
  check_refused(of.groups(), {.resamples = 1'000'001});
}
