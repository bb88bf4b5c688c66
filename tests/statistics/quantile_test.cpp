#include "normlab/statistics/quantile.h"

#include <doctest/doctest.h>

#include <limits>
#include <stdexcept>
#include <vector>

using namespace normlab;

TEST_CASE("quantiles of sorted values lie between order statistics, and refuse what has none") {
  const std::vector<double> values{1, 2, 4, 8};
  CHECK(quantile_of_sorted(values, 0) == 1);
  CHECK(quantile_of_sorted(values, 0.5) == 3);
  CHECK(quantile_of_sorted(values, 0.9) == doctest::Approx(6.8));
  CHECK(quantile_of_sorted(values, 1) == 8);
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(quantile_of_sorted(std::vector{1., infinity, infinity}, 0) == 1);
  CHECK(quantile_of_sorted(std::vector{1., infinity, infinity}, 0.75) == infinity);
  CHECK_THROWS_AS(quantile_of_sorted({}, 0.5), std::invalid_argument);
  CHECK_THROWS_AS(quantile_of_sorted(values, 1.5), std::invalid_argument);
}
