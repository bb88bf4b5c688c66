#include "normlab/experiment/cores.h"

#include <sched.h>

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

}  // namespace normlab
