// Durations that are measured in rounds, on cores that nothing else of normlab has.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/records/times.h"

namespace normlab::bench {

// The fewest rounds give an interval at 95 % with room for a disturbed round or three at either end; the
// most are those of median_interval().
inline constexpr Index fewest_rounds = 15, most_rounds = 1000;

struct CellEffort {
  Index rounds = fewest_rounds;
  std::uint64_t order_seed = 1;
  double warm_up_seconds = 0.02;  // of steps that do not count, at the beginning of each turn
  double turn_seconds = 0.05;     // of steps that do
};

// The order of so many turns in a round: a function of (seed, round) alone.
std::vector<std::size_t> turn_order(std::size_t turns, std::uint64_t seed, Index round);

double middle_of(std::vector<double> values);  // the upper one of two; at least one value

struct RoundsRequest {
  std::string what;  // for which other processes wait for the cores: an experiment's name, also of the record
  std::string times;  // what is measured, for `tell`: "12 step times"
  int threads = 1;
};

// What is measured in each round.
struct Round {
  std::function<double(Index)> measure;  // returns the fraction of the core that others had
  std::function<void()> keep;            // counts what the last measure() found
};

// A round in which others had more of the core is measured again.
inline constexpr double disturbed_round = 0.03;

// Measures round after round, numbered from 1, on cores that it leases and pins itself to, for which it
// waits. Disturbed rounds do not count, as many of them as rounds are asked for at most: on a machine that
// never is quiet the later ones count as they are. That is decided by the core alone, not by the times, and
// so favours no side. The record has no cells. `tell` is told what comes.
StepTimesRecord measure_rounds(const RoundsRequest& request, const CellEffort& effort,
                               const std::function<void(std::string_view)>& tell, const Round& round);

}  // namespace normlab::bench
