// What statistics/ promises, by simulation: statistics_simulation [EXPERIMENTS [RESAMPLES]], run by
// scripts/check_statistics.sh. Exit status 1 where a promise is not kept.
#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "simulation.h"

namespace {

using namespace normlab;

// Prints the coverage of each case, and returns how many are outside of 93 to 97 %.
int show_coverage(const std::vector<simulation::Case>& cases, Index experiments, Index resamples) {
  int outside = 0;
  for (const simulation::Case& simulated : cases) {
    const simulation::Coverage found = simulation::coverage(simulated, experiments, resamples);
    const bool kept = found.covered >= 0.93 && found.covered <= 0.97;
    outside += kept ? 0 : 1;
    fmt::print("{}: {:.2f} % (truth below {:.2f}, above {:.2f}){}\n", simulation::name(simulated),
               100 * found.covered, 100 * found.below, 100 * found.above, kept ? "" : "  outside");
    std::fflush(stdout);
  }
  return outside;
}

// Prints how often the permutation test rejects what is true, and returns how often that is beyond the level
// by more than chance explains.
int show_size(Index experiments) {
  constexpr double level = 0.05;
  int beyond = 0;
  for (const Pairing pairing : {Pairing::independent, Pairing::paired}) {
    for (const double censored : {0.0, 0.5, 0.8}) {
      // 8 seeds: all 12,870 arrangements are looked at in a millisecond
      const simulation::Case simulated{
          .deviation = 0.5, .censored = censored, .ratio = 1, .pairing = pairing, .seeds = 8};
      const double found = simulation::rejected(simulated, experiments, level);
      const bool kept =
          found <= level + 3 * std::sqrt(level * (1 - level) / static_cast<double>(experiments));
      beyond += kept ? 0 : 1;
      fmt::print("{}, 8 seeds: {:.2f} %{}\n", simulation::name(simulated), 100 * found,
                 kept ? "" : "  beyond");
      std::fflush(stdout);
    }
  }
  return beyond;
}

// Prints how often families of claims get a wrong verdict, and returns how often that is beyond the level by
// more than chance explains.
int show_wrong_verdicts(Index experiments) {
  constexpr double level = 0.05;
  int beyond = 0;
  for (const simulation::Case& simulated : simulation::promised_cases()) {
    if (simulated.pairing != Pairing::paired) continue;  // as claims are judged
    const double found = simulation::wrong_verdicts(simulated, experiments, level);
    const bool kept = found <= level + 3 * std::sqrt(level * (1 - level) / static_cast<double>(experiments));
    beyond += kept ? 0 : 1;
    fmt::print("{}: {:.2f} %{}\n", simulation::name(simulated), 100 * found, kept ? "" : "  beyond");
    std::fflush(stdout);
  }
  return beyond;
}

}  // namespace

int main(int count, char** arguments) {
  const Index experiments = count > 1 ? std::atoll(arguments[1]) : 10'000;
  const Index resamples = count > 2 ? std::atoll(arguments[2]) : 2'000;
  if (experiments < 1 || resamples < 1) {
    fmt::print(stderr, "usage: statistics_simulation [EXPERIMENTS [RESAMPLES]]\n");
    return 2;
  }
  fmt::print(
      "Coverage of the 95 % interval for a ratio of restricted means: {} experiments of 10 seeds a group,\n"
      "{} resamples each. Promised is 93 to 97 %.\n",
      experiments, resamples);
  int broken = show_coverage(simulation::promised_cases(), experiments, resamples);
  fmt::print("\nWith two or three events in a group, where nothing is promised:\n");
  show_coverage(simulation::cases_beyond(), experiments, resamples);
  fmt::print("\nHow often the permutation test rejects what is true, at 5 %:\n");
  broken += show_size(experiments);
  fmt::print("\nHow often some claim of a family of three gets a wrong verdict, at 5 %:\n");
  broken += show_wrong_verdicts(experiments);
  fmt::print("\n{}\n",
             broken == 0 ? "Every promise is kept." : fmt::format("{} promises are broken.", broken));
  return broken == 0 ? 0 : 1;
}
