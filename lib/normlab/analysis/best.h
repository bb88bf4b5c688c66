// Of the values that were tried for a setting, each group's best one.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "normlab/analysis/seed_groups.h"

namespace normlab {

enum class Edge { none, smallest, largest };

struct BestChoice {
  Index candidates = 0;    // of how many groups of which a run ended, itself included
  Edge edge = Edge::none;  // where its value lies among theirs, of a single setting that is a number
  bool is_even = true;     // as many runs ended of each
};

// One group of those that differ in the chosen settings alone.
struct BestGroup {
  SeedGroup group;
  BestChoice choice;
};

// Keeps of groups that differ in `settings` alone the one that is best: the smallest mean of steps to the
// target, restricted to the earliest point at which a run of them is censored; where these are equal, the
// best mean over runs of the best validation value of the reported metric. The test set has no part in it.
// The groups' order is that of the first one of each. `columns` are those of the groups. RequestError naming
// `best` for a setting that is neither model, norm or batch_size nor among them.
std::vector<BestGroup> keep_best(const std::vector<SeedGroup>& groups,
                                 const std::vector<std::string>& columns,
                                 std::span<const std::string> settings);

// What makes the choices unequal or unfinished, a sentence each: rows had more to choose from than others, or
// more runs of one value than of another, or the best value lies at the edge of those that were tried.
std::vector<std::string> doubts_of_choices(std::span<const std::string> settings,
                                           std::span<const BestChoice> choices);

}  // namespace normlab
