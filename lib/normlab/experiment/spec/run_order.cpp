#include "normlab/experiment/spec/run_order.h"

#include <unordered_map>
#include <utility>

#include "normlab/core/random.h"

namespace normlab {

std::vector<const SweepRun*> start_order(const std::vector<SweepRun>& runs) {
  std::vector<std::vector<const SweepRun*>> groups;  // by seed, in the order of the runs
  std::unordered_map<std::uint64_t, std::size_t> group_of;
  for (const SweepRun& run : runs) {
    const auto [entry, added] = group_of.try_emplace(run.config.seed, groups.size());
    if (added) groups.emplace_back();
    groups[entry->second].push_back(&run);
  }
  std::vector<const SweepRun*> order;
  order.reserve(runs.size());
  for (auto& group : groups) {
    Random random(group.front()->config.seed, hash_name("order of runs"));
    for (std::size_t left = group.size(); left > 1; --left)
      std::swap(group[left - 1], group[random.below(left)]);
    order.insert(order.end(), group.begin(), group.end());
  }
  return order;
}

}  // namespace normlab
