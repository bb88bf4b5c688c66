#include "normlab/statistics/superiority.h"

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include "statistics/fixture.h"

using namespace normlab;
using namespace normlab::test;

TEST_CASE("the probability of coming first is that of R's curves, and SciPy's Mann-Whitney statistic") {
  int ranked = 0;
  for (const auto& item : statistics_fixture().at("pairs").items()) {
    CAPTURE(item.key());
    const Json& pair = item.value();
    const SurvivalCurve first = kaplan_meier(observations(pair.at("first"))),
                        second = kaplan_meier(observations(pair.at("second")));
    const double horizon = pair.at("horizon").get<double>(), found = superiority(first, second, horizon);
    CHECK(found == doctest::Approx(pair.at("superiority").get<double>()).epsilon(1e-12));
    CHECK(superiority(second, first, horizon) == doctest::Approx(1 - found).epsilon(1e-12));
    if (!pair.contains("mann_whitney")) continue;
    ++ranked;
    CHECK(found == doctest::Approx(pair.at("mann_whitney").get<double>()).epsilon(1e-12));
  }
  CHECK(ranked == 4);
}

TEST_CASE("ties count as half, and so do two that have no event before the horizon") {
  const auto between = [](const std::vector<Observation>& first, const std::vector<Observation>& second) {
    return superiority(kaplan_meier(first), kaplan_meier(second), 5);
  };
  CHECK(between(events({3}), events({3})) == 0.5);
  CHECK(between(events({3}), events({4})) == 1);
  CHECK(between(events({4}), events({3})) == 0);
  CHECK(between(censored(2, 5), censored(3, 6)) == 0.5);
  CHECK(between(events({7}), events({8})) == 0.5);
  CHECK(between(events({1, 2}), censored(3, 5)) == 1);
  // Before the horizon or at it is before all that comes later.
  CHECK(between(events({5}), events({8})) == 1);
}

TEST_CASE("the probability of coming first needs a horizon that both groups reach") {
  const SurvivalCurve whole = kaplan_meier(events({2, 9})), until_6 = kaplan_meier(censored(2, 6));
  for (const double horizon : {0.0, 6.5, std::nan("")}) {
    CHECK_THROWS_AS(superiority(whole, until_6, horizon), std::invalid_argument);
    CHECK_THROWS_AS(superiority(until_6, whole, horizon), std::invalid_argument);
  }
}
