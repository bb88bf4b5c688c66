#include "normlab/experiment/process/cores.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>

namespace normlab {

std::vector<int> available_cores() {
  // Larger than any machine; a set that is too small for the kernel's mask makes the call fail.
  constexpr int most_cores = 8192;
  cpu_set_t* mask = CPU_ALLOC(most_cores);
  const std::size_t bytes = CPU_ALLOC_SIZE(most_cores);
  CPU_ZERO_S(bytes, mask);
  std::vector<int> cores;
  if (sched_getaffinity(0, bytes, mask) == 0) {
    for (int core = 0; core < most_cores; ++core) {
      if (CPU_ISSET_S(core, bytes, mask)) cores.push_back(core);
    }
  }
  CPU_FREE(mask);
  if (cores.empty()) cores.push_back(0);
  return cores;
}

int machine_cores() {
  return std::max(1, static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)));
}

CoreMask::CoreMask(const std::vector<int>& cores) {
  const int most_cores = *std::max_element(cores.begin(), cores.end()) + 1;
  bytes_ = CPU_ALLOC_SIZE(most_cores);
  cpu_set_t* mask = CPU_ALLOC(most_cores);
  CPU_ZERO_S(bytes_, mask);
  for (const int core : cores) CPU_SET_S(core, bytes_, mask);
  mask_ = mask;
}

CoreMask::~CoreMask() {
  CPU_FREE(static_cast<cpu_set_t*>(mask_));
}

bool CoreMask::pin_this_process() const {
  return sched_setaffinity(0, bytes_, static_cast<const cpu_set_t*>(mask_)) == 0;
}

}  // namespace normlab
