#include "normlab/statistics/censored.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "statistics/fixture.h"

using namespace normlab;
using namespace normlab::test;

TEST_CASE("Kaplan-Meier curves, restricted means and medians are those of R's survival") {
  REQUIRE(statistics_fixture().at("groups").size() > 8);
  for (const auto& item : statistics_fixture().at("groups").items()) {
    CAPTURE(item.key());
    const Json& group = item.value();
    const SurvivalCurve curve = kaplan_meier(observations(group));
    const Json& steps = group.at("steps");
    REQUIRE(curve.steps.size() == steps.at("time").size());
    for (std::size_t i = 0; i < curve.steps.size(); ++i) {
      CHECK(curve.steps[i].time == doctest::Approx(steps.at("time")[i].get<double>()));
      CHECK(curve.steps[i].at_risk == steps.at("at_risk")[i].get<Index>());
      CHECK(curve.steps[i].events == steps.at("events")[i].get<Index>());
      CHECK(curve.steps[i].survival == doctest::Approx(steps.at("survival")[i].get<double>()).epsilon(1e-12));
      CHECK(curve.steps[i].variance == doctest::Approx(steps.at("variance")[i].get<double>()).epsilon(1e-9));
    }
    const RestrictedMean mean = restricted_mean(curve, group.at("horizon").get<double>());
    CHECK(mean.mean == doctest::Approx(group.at("mean").get<double>()).epsilon(1e-12));
    CHECK(mean.standard_error == doctest::Approx(group.at("standard_error").get<double>()).epsilon(1e-9));
    const auto median = median_survival(curve);
    CHECK(median.has_value() == !group.at("median").is_null());
    if (median) CHECK(*median == doctest::Approx(group.at("median").get<double>()));
  }
}

TEST_CASE("without censoring the restricted mean is the mean, with the usual error of n in place of n - 1") {
  const RestrictedMean found = restricted_mean(kaplan_meier(events({1, 4, 7, 12})), 20);
  CHECK(found.mean == doctest::Approx(6));
  // squares of the deviations: 25 + 4 + 1 + 36
  CHECK(found.standard_error == doctest::Approx(std::sqrt(66.0) / 4));
}

TEST_CASE("nothing that happens at or beyond the horizon matters to a restricted mean") {
  const auto mean = [](double later) { return restricted_mean(kaplan_meier(events({1, 2, later})), 5); };
  CHECK(mean(5).mean == doctest::Approx(8.0 / 3));
  CHECK(mean(9).mean == mean(5).mean);
  CHECK(mean(9).standard_error == mean(5).standard_error);
  CHECK(restricted_mean(kaplan_meier(events({7, 8})), 5).mean == 5);
}

TEST_CASE("survival steps down at the time of an event") {
  const SurvivalCurve curve = kaplan_meier(events({2, 4}));
  CHECK(survival_at(curve, 0) == 1);
  CHECK(survival_at(curve, 1.9) == 1);
  CHECK(survival_at(curve, 2) == 0.5);
  CHECK(survival_at(curve, 3) == 0.5);
  CHECK(survival_at(curve, 4) == 0);
  CHECK(survival_at(curve, 99) == 0);
}

TEST_CASE("a curve is known until its last observation, or for ever when all had their event") {
  CHECK(known_until(kaplan_meier(events({2, 4}))) == std::numeric_limits<double>::infinity());
  CHECK(known_until(kaplan_meier(censored(3, 6))) == 6);
  CHECK(known_until(kaplan_meier(std::vector<Observation>{{2, true}, {3, false}})) == 3);
  // One of two was not awaited at the time of the other's event.
  CHECK(known_until(kaplan_meier(std::vector<Observation>{{3, true}, {3, false}})) == 3);
}

TEST_CASE("the common horizon is the latest one that every group is known at") {
  const SurvivalCurve whole = kaplan_meier(events({2, 9})), until_6 = kaplan_meier(censored(2, 6)),
                      until_4 = kaplan_meier(std::vector<Observation>{{1, true}, {4, false}});
  CHECK(common_horizon(std::vector{whole, until_6, until_4}) == 4);
  CHECK(common_horizon(std::vector{whole, until_6}) == 6);
  CHECK(common_horizon(std::vector{whole, kaplan_meier(events({3}))}) == 9);
}

TEST_CASE("survival analysis refuses what has no curve, and horizons that no curve reaches") {
  CHECK_THROWS_AS(kaplan_meier({}), std::invalid_argument);
  for (const double time : {-1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_AS(kaplan_meier(events({1, time})), std::invalid_argument);
  }
  const SurvivalCurve curve = kaplan_meier(censored(2, 6));
  for (const double horizon : {0.0, -1.0, 6.1, std::nan(""), std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_AS(restricted_mean(curve, horizon), std::invalid_argument);
  }
  CHECK_THROWS_AS(restricted_mean(kaplan_meier(events({1})), std::numeric_limits<double>::infinity()),
                  std::invalid_argument);
  CHECK_THROWS_AS(common_horizon({}), std::invalid_argument);
}
