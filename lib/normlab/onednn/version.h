// What this process knows of oneDNN.
#pragma once

#include <cstdint>
#include <string>

namespace normlab::onednn {

std::string version_at_build();   // "2.6.3", of the headers
std::string version_at_run();     // of the shared library that was loaded
std::string instruction_set();    // the instruction set that oneDNN dispatches to: "AVX2", "AVX-512", ...
std::uint64_t primitives_made();  // since the start of the process

}  // namespace normlab::onednn
