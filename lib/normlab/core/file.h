// Files that are either whole or absent, and reads that say what went wrong.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace normlab {

// The whole file; throws RequestError naming `field` and the path when it cannot be read.
std::string read_text(const std::filesystem::path& path, std::string_view field);

// Writes `path` whole: a temporary file beside it, fsync, rename, fsync of the folder. Throws RunError (with
// the system's reason, e.g. a full disk) and removes the temporary file when any step fails; what was there
// before stays. A device or a pipe is written to as it is, not replaced.
void write_whole(const std::filesystem::path& path, std::string_view content);

}  // namespace normlab
