#include "normlab/analysis/statistics.h"

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

using namespace normlab;

TEST_CASE("the median is the middle value, or the mean of the two middle ones") {
  CHECK(median(std::vector<double>{7}) == 7);
  CHECK(median(std::vector<double>{9, 1, 5}) == 5);
  CHECK(median(std::vector<double>{4, 1, 3, 2}) == 2.5);
}

TEST_CASE("quantiles of 0 … n are n times the fraction") {
  std::vector<double> values;
  for (int i = 10; i >= 0; --i) values.push_back(i);
  for (const double fraction : {0.0, 0.1, 0.25, 0.333, 0.5, 0.9, 1.0}) {
    CHECK(quantile(values, fraction) == doctest::Approx(10 * fraction));
  }
}

TEST_CASE("quantiles interpolate as the seventh definition of Hyndman and Fan") {
  const std::vector<double> values = {1, 2, 4, 8};
  CHECK(quantile(values, 0.25) == doctest::Approx(1.75));  // h = 0.75
  CHECK(quantile(values, 0.75) == doctest::Approx(5));     // h = 2.25
}

TEST_CASE("a miss is infinite and takes part in the median as such") {
  CHECK(median(std::vector<double>{not_reached, 3, 5}) == 5);
  CHECK(median(std::vector<double>{not_reached, 3, not_reached}) == not_reached);
  CHECK(median(std::vector<double>{1, 2, not_reached, not_reached}) == not_reached);
  CHECK(median(std::vector<double>{1, 2, 3, not_reached}) == 2.5);
}

TEST_CASE("quantiles beside misses are never not-a-number") {
  const std::vector<double> values = {1, not_reached, not_reached};
  for (int i = 0; i <= 100; ++i) CHECK_FALSE(std::isnan(quantile(values, i / 100.0)));
  CHECK(quantile(values, 0) == 1);
  CHECK(quantile(values, 0.01) == not_reached);
  CHECK(quantile(values, 0.75) == not_reached);
}

TEST_CASE("the spread counts misses among all values") {
  const auto found = spread(std::vector<double>{4, not_reached, 2});
  REQUIRE(found);
  CHECK(found->minimum == 2);
  CHECK(found->median == 4);
  CHECK(found->maximum == not_reached);
  CHECK(found->count == 3);
  CHECK(found->missed == 1);
  CHECK_FALSE(spread(std::vector<double>{}));
}

TEST_CASE("statistics refuse what has no order") {
  CHECK_THROWS_AS(median(std::vector<double>{}), std::invalid_argument);
  CHECK_THROWS_AS(median(std::vector<double>{1, std::nan("")}), std::invalid_argument);
  CHECK_THROWS_AS(quantile(std::vector<double>{1}, 1.5), std::invalid_argument);
}
TEST_CASE("where higher is better, a miss is below all values") {
  const std::vector<double> values{0.5, not_reached, 0.9};
  const Spread spread_of_three = *spread(values, Better::higher);
  CHECK(spread_of_three.minimum == not_reached);
  CHECK(spread_of_three.median == 0.5);
  CHECK(spread_of_three.maximum == 0.9);
  CHECK(spread_of_three.count == 3);
  CHECK(spread_of_three.missed == 1);
  const Spread all = *spread(std::vector<double>{0.25, 0.75}, Better::higher);
  CHECK(all.minimum == 0.25);
  CHECK(all.median == 0.5);
  CHECK(all.maximum == 0.75);
  CHECK_FALSE(spread(std::vector<double>{}, Better::higher));
}
