// Cores to measure on, and how quiet the machine was meanwhile.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/experiment/process/core_lease.h"

namespace normlab::bench {

// Keeps this process on cores that no other run of normlab has while the object lives: the last free ones,
// which the system uses least.
class QuietCores {
 public:
  // Waits until `count` are free; `tell` is told for whom, once. `what` says to others who holds them.
  QuietCores(int count, std::string_view what, const std::function<void(std::string_view)>& tell);
  ~QuietCores();
  QuietCores(const QuietCores&) = delete;
  QuietCores& operator=(const QuietCores&) = delete;

  const std::vector<int>& pinned() const { return pinned_; }  // none where pinning fails
  // Why the cores may not be ours alone, one sentence each.
  std::vector<std::string> problems() const;

 private:
  std::vector<int> before_, pinned_;
  SharedCores shared_;
  CoreLease lease_;
};

// How many of the machine's cores processes other than this one kept busy, on average since the object was
// made; 0 where the system does not tell.
class MachineWatch {
 public:
  MachineWatch();
  double busy_cores() const;

 private:
  double wall_, own_;
  std::optional<double> all_;  // seconds of all cores
};

}  // namespace normlab::bench
