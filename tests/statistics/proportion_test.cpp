#include "normlab/statistics/proportion.h"

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include "statistics/fixture.h"

using namespace normlab;
using namespace normlab::test;

TEST_CASE("intervals for proportions are SciPy's exact ones") {
  REQUIRE(statistics_fixture().at("proportions").size() > 10);
  for (const Json& item : statistics_fixture().at("proportions")) {
    const auto successes = item.at("successes").get<Index>(), trials = item.at("trials").get<Index>();
    CAPTURE(successes);
    CAPTURE(trials);
    const ProportionInterval found = clopper_pearson(successes, trials, item.at("level").get<double>());
    CHECK(found.lower == doctest::Approx(item.at("lower").get<double>()).epsilon(1e-9));
    CHECK(found.upper == doctest::Approx(item.at("upper").get<double>()).epsilon(1e-9));
  }
}

TEST_CASE(
    "none and all successes leave one end of the interval at 0 and 1, and the other where it is in closed "
    "form") {
  const ProportionInterval none = clopper_pearson(0, 10), all = clopper_pearson(10, 10);
  CHECK(none.lower == 0);
  CHECK(none.upper == doctest::Approx(1 - std::pow(0.025, 0.1)));
  CHECK(all.upper == 1);
  CHECK(all.lower == doctest::Approx(std::pow(0.025, 0.1)));
}

TEST_CASE("proportions of nothing, and of more than there is, are refused") {
  CHECK_THROWS_AS(clopper_pearson(0, 0), std::invalid_argument);
  CHECK_THROWS_AS(clopper_pearson(-1, 3), std::invalid_argument);
  CHECK_THROWS_AS(clopper_pearson(4, 3), std::invalid_argument);
  for (const double level : {0.0, 1.0, -0.1, std::nan("")}) {
    CHECK_THROWS_AS(clopper_pearson(1, 3, level), std::invalid_argument);
  }
}
