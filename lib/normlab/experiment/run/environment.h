// What a run's numbers and times depend on, apart from its config. Never the name of the machine or its user.
#pragma once

#include <string>
#include <vector>

#include "normlab/experiment/config/json.h"

namespace normlab {

// Where a run runs, and beside how many others of its sweep.
struct Placement {
  std::vector<int> pinned_cores;  // numbers of the cores that it is pinned to; none when it is not
  int jobs = 1;                   // runs side by side in its sweep
};

struct Environment {
  std::string normlab;         // version
  std::string onednn;          // version of the loaded library
  std::string onednn_built;    // version of the headers compiled against
  std::string highway;         // version of the headers compiled against
  std::string compiler;        // "GNU 12.2.0"
  std::string build_type;      // "Release"
  std::string compiler_flags;  // "-O3 -DNDEBUG"
  std::string cpu;             // model name
  std::string simd;            // the instruction set that the kernels dispatch to, e.g. "AVX2"
  int cores = 1;               // of the machine, whatever the process may use of them
  Placement placement;
  int threads = 1;               // of the run
  std::string operating_system;  // "Linux 6.1.0 x86_64"
};

Environment describe_environment(int threads, const Placement& placement = {});

Json to_json(const Environment& environment);

}  // namespace normlab
