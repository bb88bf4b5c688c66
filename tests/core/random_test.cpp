#include "normlab/core/random.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

namespace normlab {
namespace {

using Counter = std::array<std::uint32_t, 4>;
using Key = std::array<std::uint32_t, 2>;

constexpr int draws = 200000;

struct Moments {
  double mean = 0, variance = 0, third = 0, fourth = 0;  // central but the mean
};

template <class Draw>
Moments moments(const Draw& draw) {
  std::vector<double> x(draws);
  for (double& element : x) element = draw();
  Moments m;
  for (const double element : x) m.mean += element / draws;
  for (const double element : x) {
    const double d = element - m.mean;
    m.variance += d * d / draws;
    m.third += d * d * d / draws;
    m.fourth += d * d * d * d / draws;
  }
  return m;
}

}  // namespace

TEST_CASE("Philox gives the published answers of the Random123 library") {
  const Counter zeros{};
  CHECK(philox(zeros, Key{}) == Counter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  const std::uint32_t ones = 0xffffffff;
  CHECK(philox({ones, ones, ones, ones}, {ones, ones}) ==
        Counter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Counter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("names are hashed by 64-bit FNV-1a") {
  CHECK(hash_name("") == 0xcbf29ce484222325ULL);
  CHECK(hash_name("a") == 0xaf63dc4c8601ec8cULL);
  CHECK(hash_name("foobar") == 0x85944171f73967e8ULL);
}

TEST_CASE("the words of a stream are the Philox blocks of its seed, stream and position") {
  const std::uint64_t seed = 0x0123456789abcdefULL, stream = 0xfedcba9876543210ULL;
  Random random(seed, stream);
  for (std::uint32_t block = 0; block < 3; ++block) {
    const Counter expected = philox({block, 0, 0x76543210, 0xfedcba98}, {0x89abcdef, 0x01234567});
    for (const std::uint32_t word : expected) CHECK(random.bits() == word);
  }
  CHECK(random.position() == 12);
}

TEST_CASE("a generator continues from a saved position") {
  Random whole(5, 6);
  std::vector<double> first, second;
  for (int i = 0; i < 7; ++i) first.push_back(whole.normal());
  whole.bits();  // an odd position, in the middle of a block
  const std::uint64_t position = whole.position();
  for (int i = 0; i < 7; ++i) second.push_back(whole.normal());
  Random continued(5, 6, position);
  for (const double expected : second) CHECK(continued.normal() == expected);
  CHECK(continued.position() == whole.position());
}

TEST_CASE("seeds and streams give different numbers") {
  const std::uint32_t word = Random(1, 1).bits();
  CHECK(Random(2, 1).bits() != word);
  CHECK(Random(1, 2).bits() != word);
  CHECK(Random(std::uint64_t{1} << 32, 1).bits() != Random(0, 1).bits());
  CHECK(Random(1, std::uint64_t{1} << 32).bits() != Random(1, 0).bits());
}

// The bounds are five standard deviations of the estimate.
TEST_CASE("uniform numbers lie between 0 and 1 and have a uniform distribution's moments") {
  Random random(11, 1);
  bool inside = true;
  const Moments m = moments([&] {
    const double x = random.uniform();
    inside = inside && x >= 0 && x < 1;
    return x;
  });
  CHECK(inside);
  CHECK(std::abs(m.mean - 0.5) < 5 * std::sqrt(1.0 / 12 / draws));
  CHECK(std::abs(m.variance - 1.0 / 12) < 5 * std::sqrt(1.0 / 180 / draws));
  const Moments scaled = moments([&] { return random.uniform(-3, 5); });
  CHECK(std::abs(scaled.mean - 1) < 5 * 8 * std::sqrt(1.0 / 12 / draws));
  CHECK(std::abs(scaled.variance - 64.0 / 12) < 5 * 64 * std::sqrt(1.0 / 180 / draws));
}

TEST_CASE("uniform numbers fill all of their 53 bits") {
  Random random(12, 1);
  std::uint64_t seen = 0;
  for (int i = 0; i < 1000; ++i) seen |= static_cast<std::uint64_t>(std::ldexp(random.uniform(), 53));
  CHECK(seen == (std::uint64_t{1} << 53) - 1);
}

TEST_CASE("normal numbers have a standard normal distribution's moments") {
  Random random(13, 1);
  const Moments m = moments([&] { return random.normal(); });
  CHECK(std::abs(m.mean) < 5 * std::sqrt(1.0 / draws));
  CHECK(std::abs(m.variance - 1) < 5 * std::sqrt(2.0 / draws));
  CHECK(std::abs(m.third) < 5 * std::sqrt(15.0 / draws));
  CHECK(std::abs(m.fourth - 3) < 5 * std::sqrt(96.0 / draws));
}

TEST_CASE("bounded integers are uniform below their bound") {
  Random random(14, 1);
  constexpr int bound = 7;
  std::vector<int> counts(bound);
  for (int i = 0; i < draws; ++i) {
    const std::uint64_t x = random.below(bound);
    REQUIRE(x < bound);
    ++counts[x];
  }
  const double expected = double(draws) / bound;
  double chi_squared = 0;
  for (const int count : counts) chi_squared += (count - expected) * (count - expected) / expected;
  CHECK(chi_squared < 27.9);  // six degrees of freedom, p = 1e-4
  CHECK(random.below(1) == 0);
}

TEST_CASE("bounded integers are unbiased where a plain remainder would not be") {
  // A plain remainder by 3 * 2^62 would put half of the draws below 2^62; a third belongs there.
  Random random(15, 1);
  constexpr std::uint64_t bound = std::uint64_t{3} << 62;
  int low = 0;
  for (int i = 0; i < draws; ++i) {
    const std::uint64_t x = random.below(bound);
    REQUIRE(x < bound);
    low += x < (std::uint64_t{1} << 62);
  }
  CHECK(std::abs(low / double(draws) - 1.0 / 3) < 5 * std::sqrt(2.0 / 9 / draws));
}

}  // namespace normlab
