// The processor cores of the machine, and those that this process may use.
#pragma once

#include <vector>

namespace normlab {

// Their numbers, in ascending order, out of the process's affinity mask (which a container or taskset may
// have narrowed). At least one.
std::vector<int> available_cores();

// How many the machine has in operation, whatever this process may use of them.
int machine_cores();

// A set of cores, at least one, prepared so that pinning to it is a system call and nothing else.
class CoreMask {
 public:
  explicit CoreMask(const std::vector<int>& cores);
  ~CoreMask();
  CoreMask(const CoreMask&) = delete;
  CoreMask& operator=(const CoreMask&) = delete;
  bool pin_this_process() const;

 private:
  void* mask_;
  unsigned long bytes_;
};

}  // namespace normlab
