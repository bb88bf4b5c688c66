// What a run's numbers and times depend on, apart from its config. Never the name of the machine or its user.
#pragma once

#include <string>

#include "normlab/experiment/json.h"

namespace normlab {

struct Environment {
  std::string normlab;           // version
  std::string onednn;            // version of the loaded library
  std::string onednn_built;      // version of the headers compiled against
  std::string highway;           // version of the headers compiled against
  std::string compiler;          // "GNU 12.2.0"
  std::string build_type;        // "Release"
  std::string compiler_flags;    // "-O3 -DNDEBUG"
  std::string cpu;               // model name
  std::string simd;              // the instruction set that the kernels dispatch to, e.g. "AVX2"
  int cores = 1;                 // that the process may use
  int threads = 1;               // of the run
  std::string operating_system;  // "Linux 6.1.0 x86_64"
};

Environment describe_environment(int threads);

Json to_json(const Environment& environment);

}  // namespace normlab
