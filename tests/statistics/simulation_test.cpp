// A short form of scripts/check_statistics.sh: too few experiments to tell 93 % from 92 %, and enough to tell
// what is promised from what an interval without its corrections does (85 to 91 % of the same cases).
#include <doctest/doctest.h>

#include "statistics/simulation/simulation.h"

using namespace normlab;

TEST_CASE("95 % intervals for ratios hold the truth in about 95 % of simulated experiments") {
  const std::vector<simulation::Case> cases = {
      {.deviation = 0.5, .censored = 0, .ratio = 1.5, .pairing = Pairing::independent},
      {.deviation = 0.5, .censored = 0.5, .ratio = 1, .pairing = Pairing::independent},
      {.deviation = 0.2, .censored = 0, .ratio = 1, .pairing = Pairing::paired},
      {.deviation = 0.5, .censored = 0.5, .ratio = 1, .pairing = Pairing::paired},
  };
  for (const simulation::Case& simulated : cases) {
    const simulation::Coverage found = simulation::coverage(simulated, 2000, 1000);
    CAPTURE(simulation::name(simulated));
    CAPTURE(found.covered);
    CHECK(found.covered >= 0.93);
    CHECK(found.covered <= 0.97);
    CHECK(found.below < 0.045);
    CHECK(found.above < 0.045);
  }
}

TEST_CASE(
    "permutation tests reject what is true no more often than their level, and what is false more often") {
  for (const Pairing pairing : {Pairing::independent, Pairing::paired}) {
    simulation::Case simulated{.deviation = 0.5, .censored = 0.3, .ratio = 1, .pairing = pairing, .seeds = 6};
    const double size = simulation::rejected(simulated, 1000, 0.05);
    CHECK(size <= 0.05 + 0.02);  // three standard deviations
    CHECK(size >= 0.01);
    simulated.ratio = 3;
    CHECK(simulation::rejected(simulated, 1000, 0.05) > 0.5);
  }
}
