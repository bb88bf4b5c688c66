#include "normlab/statistics/holm.h"

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include "statistics/fixture.h"

using namespace normlab;
using namespace normlab::test;

TEST_CASE("Holm's adjusted p values are R's") {
  REQUIRE(statistics_fixture().at("holm").size() > 2);
  for (const Json& item : statistics_fixture().at("holm")) {
    const std::vector<HolmTest> found = holm(item.at("p").get<std::vector<double>>());
    const auto expected = item.at("adjusted").get<std::vector<double>>();
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      CHECK(found[i].adjusted_p == doctest::Approx(expected[i]));
      CHECK(found[i].rejected == (expected[i] <= 0.05));
    }
  }
}

TEST_CASE("levels step down until a hypothesis is not rejected, and stay there") {
  const std::vector<HolmTest> found = holm(std::vector<double>{0.03, 0.001, 0.04, 0.012}, 0.06);
  // In order of p: 0.001 <= 0.06/4, 0.012 <= 0.06/3, 0.03 <= 0.06/2, 0.04 <= 0.06.
  CHECK(found[1].level == doctest::Approx(0.015));
  CHECK(found[3].level == doctest::Approx(0.02));
  CHECK(found[0].level == doctest::Approx(0.03));
  CHECK(found[2].level == doctest::Approx(0.06));
  for (const HolmTest& test : found) CHECK(test.rejected);

  const std::vector<HolmTest> ended = holm(std::vector<double>{0.04, 0.001, 0.03, 0.045}, 0.05);
  CHECK(ended[1].rejected);
  // 0.03 > 0.05/3 ends it, though 0.045 would be below its own level of 0.05.
  for (const std::size_t other : {std::size_t{0}, std::size_t{2}, std::size_t{3}}) {
    CHECK_FALSE(ended[other].rejected);
    CHECK(ended[other].level == doctest::Approx(0.05 / 3));
  }
}

TEST_CASE("a family may be empty, and its p values lie in [0, 1]") {
  CHECK(holm({}).empty());
  for (const double p : {-0.1, 1.1, std::nan("")}) {
    CHECK_THROWS_AS(holm(std::vector<double>{0.5, p}), std::invalid_argument);
  }
  CHECK_THROWS_AS(holm(std::vector<double>{0.5}, 0), std::invalid_argument);
  CHECK_THROWS_AS(holm(std::vector<double>{0.5}, 1), std::invalid_argument);
}
