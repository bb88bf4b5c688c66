// Files that are either whole or absent, and reads that say what went wrong.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace normlab {

// The whole of a regular file. Throws RequestError naming `field` and the path when it cannot be opened, is
// something else (a pipe or a device is not waited for) or has more than `most_bytes`; RunError when reading
// fails, or memory does not suffice.
std::string read_text(const std::filesystem::path& path, std::string_view field,
                      std::uint64_t most_bytes = std::numeric_limits<std::int64_t>::max());

// Writes `path` whole: a temporary file beside it, fsync, rename, fsync of the folder. Throws RunError (with
// the system's reason, e.g. a full disk) and removes the temporary file when any step fails; what was there
// before stays. A device or a pipe is written to as it is, not replaced.
void write_whole(const std::filesystem::path& path, std::string_view content);

}  // namespace normlab
