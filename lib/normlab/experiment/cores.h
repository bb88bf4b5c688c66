// The processor cores that this process may use.
#pragma once

#include <vector>

namespace normlab {

// Their numbers, in ascending order, out of the process's affinity mask (which a container or taskset may
// have narrowed). At least one.
std::vector<int> available_cores();

}  // namespace normlab
