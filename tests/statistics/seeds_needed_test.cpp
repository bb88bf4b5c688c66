#include "normlab/statistics/seeds_needed.h"

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

using namespace normlab;

TEST_CASE("the seeds needed are those of the normal approximation, rounded up") {
  // (1.959964 + 0.841621)^2 = 7.848880
  CHECK(seeds_needed({.distance = 0.1, .standard_error = 0.1, .seeds = 10}) == 79);
  CHECK(seeds_needed({.distance = 0.2, .standard_error = 0.1, .seeds = 10}) == 20);
  CHECK(seeds_needed({.distance = 0.1, .standard_error = 0.1, .seeds = 10, .power = 0.5}) == 39);
  // (2.575829 + 0.841621)^2 = 11.678966
  CHECK(seeds_needed({.distance = 0.1, .standard_error = 0.1, .seeds = 10, .level = 0.01}) == 117);
}

TEST_CASE(
    "no number of seeds decides for an estimate within the margin, and none beyond a million is named") {
  CHECK_FALSE(seeds_needed({.distance = 0, .standard_error = 0.1, .seeds = 10}));
  CHECK_FALSE(seeds_needed({.distance = -0.3, .standard_error = 0.1, .seeds = 10}));
  CHECK_FALSE(seeds_needed({.distance = 1e-6, .standard_error = 0.1, .seeds = 10}));
  CHECK_FALSE(seeds_needed({.distance = 1e-300, .standard_error = 1e300, .seeds = 10}));
  CHECK(seeds_needed({.distance = 0.1, .standard_error = 0, .seeds = 10}) == 2);
}

TEST_CASE("more seeds leave the error as it is that does not come from them") {
  const SeedsQuestion question{.distance = 0.1, .standard_error = 0.1, .seeds = 10};
  SeedsQuestion with_fixed = question;
  with_fixed.fixed_error = 0.02;
  // 10 z^2 0.01 / (0.01 - z^2 0.0004), z^2 = 7.848880
  CHECK(seeds_needed(with_fixed) == 115);
  with_fixed.fixed_error = 0.04;
  CHECK_FALSE(seeds_needed(with_fixed));
  with_fixed.fixed_error = -1;
  CHECK_THROWS_AS(seeds_needed(with_fixed), std::invalid_argument);
}

TEST_CASE("questions about seeds that make no sense are refused") {
  const SeedsQuestion good{.distance = 0.1, .standard_error = 0.1, .seeds = 10};
  const auto check_refused = [&](auto change) {
    SeedsQuestion question = good;
    change(question);
    CHECK_THROWS_AS(seeds_needed(question), std::invalid_argument);
  };
  check_refused([](SeedsQuestion& question) { question.distance = std::nan(""); });
  check_refused([](SeedsQuestion& question) { question.standard_error = -0.1; });
  check_refused([](SeedsQuestion& question) { question.standard_error = std::nan(""); });
  check_refused([](SeedsQuestion& question) { question.seeds = 0; });
  check_refused([](SeedsQuestion& question) { question.level = 0; });
  check_refused([](SeedsQuestion& question) { question.level = 1; });
  check_refused([](SeedsQuestion& question) { question.power = 0.4; });
  check_refused([](SeedsQuestion& question) { question.power = 1; });
}
