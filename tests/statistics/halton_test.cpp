#include "normlab/statistics/halton.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>

#include "statistics/fixture.h"

using namespace normlab;
using namespace normlab::test;

TEST_CASE("scrambled Halton points are those of the definition written again in Python") {
  REQUIRE(statistics_fixture().at("halton").size() > 5);
  for (const Json& item : statistics_fixture().at("halton")) {
    const ScrambledHalton points(item.at("seed").get<std::uint64_t>(), ScrambledHalton::most_dimensions);
    CHECK(points.at(item.at("index").get<std::uint64_t>(), item.at("dimension").get<int>()) ==
          doctest::Approx(item.at("coordinate").get<double>()).epsilon(1e-14));
  }
}

TEST_CASE("as many points in a row as a power of the base lie one in each interval of that width") {
  const ScrambledHalton points(3, ScrambledHalton::most_dimensions);
  const int primes[] = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53};
  for (int dimension = 0; dimension < ScrambledHalton::most_dimensions; ++dimension) {
    CAPTURE(dimension);
    const int count = primes[dimension] * primes[dimension];
    std::set<int> intervals;
    for (int i = 0; i < count; ++i) {
      const double coordinate = points.at(static_cast<std::uint64_t>(3 * count + i), dimension);
      CHECK((coordinate >= 0 && coordinate < 1));
      intervals.insert(static_cast<int>(coordinate * count + 1e-9));
    }
    CHECK(intervals.size() == static_cast<std::size_t>(count));
  }
}

TEST_CASE("a point depends on seed, index and dimension alone") {
  const ScrambledHalton few(7, 2), many(7, 16), other(8, 2);
  int alike = 0;
  for (std::uint64_t index = 0; index < 50; ++index) {
    for (const int dimension : {0, 1}) {
      CHECK(few.at(index, dimension) == many.at(index, dimension));
      alike += few.at(index, dimension) == other.at(index, dimension) ? 1 : 0;
    }
  }
  CHECK(alike == 0);
  CHECK(many.at(std::numeric_limits<std::uint64_t>::max(), 0) < 1);
}

TEST_CASE("dimensions that no scrambled Halton point has are refused") {
  CHECK_THROWS_AS(ScrambledHalton(1, 0), std::invalid_argument);
  CHECK_THROWS_AS(ScrambledHalton(1, 17), std::invalid_argument);
  CHECK_THROWS_AS(ScrambledHalton(1, 3).at(0, 3), std::invalid_argument);
  CHECK_THROWS_AS(ScrambledHalton(1, 3).at(0, -1), std::invalid_argument);
}
