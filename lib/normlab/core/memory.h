// How much memory this process may still take.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace normlab {

// Bytes: what the machine has available, or less where a control group of this process (version 1 or 2) or a
// limit on its address space leaves less. Nothing where the system does not say. `root` is where /proc and
// /sys are, for tests.
std::optional<std::uint64_t> available_memory(const std::filesystem::path& root = "/");

}  // namespace normlab
