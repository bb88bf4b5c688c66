// The arithmetic behind what `normlab bench` says: how sure a median is, how cost grows, who takes turns.
#include "normlab/bench/measure.h"

#include <doctest/doctest.h>

#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "normlab/bench/bench.h"
#include "normlab/bench/limits.h"
#include "normlab/bench/scaling_bench.h"

namespace normlab::bench {
namespace {

std::vector<double> one_to(Index count) {
  std::vector<double> values(static_cast<std::size_t>(count));
  std::iota(values.begin(), values.end(), 1.0);
  return values;
}

// The probability that a Binomial(count, 1/2) variable is at most k, by summing logarithms.
double binomial_tail(Index count, Index k) {
  double sum = 0;
  for (Index i = 0; i <= k; ++i) {
    const double n = static_cast<double>(count), m = static_cast<double>(i);
    sum += std::exp(std::lgamma(n + 1) - std::lgamma(m + 1) - std::lgamma(n - m + 1) - n * std::log(2.0));
  }
  return sum;
}

TEST_CASE("the interval of a median holds 95 %, and one rank narrower would not") {
  for (const Index count : {6, 7, 25, 100, 999}) {
    CAPTURE(count);
    const Figure f = figure(one_to(count));
    const auto rank = static_cast<Index>(f.low) - 1;  // the values are their ranks
    CHECK(f.high == static_cast<double>(count - rank));
    CHECK(2 * binomial_tail(count, rank) <= 0.05);
    CHECK(2 * binomial_tail(count, rank + 1) > 0.05);
  }
}

TEST_CASE("few measurements have their range as interval") {
  const Figure f = figure(one_to(5));
  CHECK(f.median == 3);
  CHECK(f.low == 1);
  CHECK(f.high == 5);
  CHECK(f.uncertainty() == doctest::Approx(2.0 / 3));
  CHECK(figure(one_to(1)).uncertainty() == 0);
}

TEST_CASE("a rate made of a time keeps its interval in order") {
  const Figure rate = inverse(figure(one_to(5)), 60);
  CHECK(rate.median == 20);
  CHECK(rate.low == 12);
  CHECK(rate.high == 60);
}

TEST_CASE("a ratio is taken round by round, so what disturbs both cancels") {
  const std::vector<double> a{2, 20, 2, 200, 2}, b{1, 10, 1, 100, 1};
  const Figure f = ratio(a, b);
  CHECK(f.median == 2);
  CHECK(f.low == 2);
  CHECK(f.high == 2);
}

TEST_CASE("contenders take turns, each as often as the others") {
  std::string calls;
  const Effort effort{.seconds = 0, .turn_seconds = 0, .minimum_rounds = 3};
  const Times times = interleave({[&] { calls += 'a'; }, [&] { calls += 'b'; }}, effort);
  // Once each to warm up and once to see how long it takes; then turns, of which the first call is not
  // measured.
  CHECK(calls == "aabbaabbaabbaabb");
  REQUIRE(times.size() == 2);
  CHECK(times[0].size() == 3);
  CHECK(times[1].size() == 3);
}

TEST_CASE("growth: a power law gives its exponent, noise gives a standard error") {
  std::vector<GrowthPoint> points;
  for (const Index size : {10, 100, 1000, 10000}) {
    const double seconds = 3e-9 * std::pow(static_cast<double>(size), 1.5);
    points.push_back({size, {seconds, seconds, seconds, 1}});
  }
  const Growth exact = fitted("exact", points);
  CHECK(exact.exponent == doctest::Approx(1.5));
  CHECK(exact.error == doctest::Approx(0).epsilon(1e-6));
  // Residuals 0, e, 0, 0 around a line over x = 0, 1, 2, 3: slope -0.1 e, residual sum 0.7 e^2, sxx = 5.
  const double e = std::log(1.1);
  points[1].seconds.median *= 1.1;
  const Growth noisy = fitted("noisy", points);
  CHECK(noisy.exponent == doctest::Approx(1.5 - 0.1 * e / std::log(10.0)));
  CHECK(noisy.error == doctest::Approx(std::sqrt(0.7 * e * e / 2 / 5) / std::log(10.0)));
}

TEST_CASE("the copy rate between two measured footprints lies between theirs") {
  const auto rate = [](double bytes_per_second) { return Figure{bytes_per_second, 0, 0, 1}; };
  Limits limits;
  limits.copy = {{1024, rate(100)}, {4096, rate(60)}, {16384, rate(20)}};
  CHECK(limits.copy_rate(1) == 100);
  CHECK(limits.copy_rate(1024) == 100);
  CHECK(limits.copy_rate(2048) == doctest::Approx(80));  // half way on a logarithmic scale
  CHECK(limits.copy_rate(4096) == doctest::Approx(60));
  CHECK(limits.copy_rate(8192) == doctest::Approx(40));
  CHECK(limits.copy_rate(1e9) == 20);
}

TEST_CASE("a sweep that gains more than its cores, or a shared core, or an unsure time is warned of") {
  const Figure exact{1, 1, 1, 9};
  BenchResult result;
  result.sweeps = {{"mlp", 1, 1, exact, exact}, {"mlp", 2, 1, exact, {1.9, 1.8, 2, 3}}};
  CHECK(noise_warnings(result).empty());
  result.sweeps[1].throughput.median = 3;
  CHECK(noise_warnings(result).size() == 1);
  result.core_taken = 0.2;
  CHECK(noise_warnings(result).size() == 2);
  result.growths = {{"lstm-none", {{8, {1, 0.8, 1.2, 9}}}, 1, 0}};
  CHECK(noise_warnings(result).size() == 3);
}

}  // namespace
}  // namespace normlab::bench
