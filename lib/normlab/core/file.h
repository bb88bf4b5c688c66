// Files that are either whole or absent, and reads that say what went wrong.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace normlab {

// The whole of a regular file. Throws RequestError naming `field` and the path when it cannot be opened, is
// something else (a pipe or a device is not waited for) or has more than `most_bytes`; RunError when reading
// fails, or memory does not suffice.
std::string read_text(const std::filesystem::path& path, std::string_view field,
                      std::uint64_t most_bytes = std::numeric_limits<std::int64_t>::max());

// False as well where nothing can be found out about the path.
bool is_file(const std::filesystem::path& path);
bool is_folder(const std::filesystem::path& path);

// Writes `path` whole: a temporary file beside it, fsync, rename, fsync of the folder. Throws RunError (with
// the system's reason, e.g. a full disk) and removes the temporary file when any step fails; what was there
// before stays. What is replaced keeps its mode; a symbolic link stays, and the file that it names is
// written. A device or a pipe is written to as it is.
void write_whole(const std::filesystem::path& path, std::string_view content);

// Removes from `folder` what write_whole() left of files with these names when its process was killed. What a
// process of this machine may still be writing stays.
void remove_partial_files(const std::filesystem::path& folder, const std::set<std::string>& names);

// The file that `path` names in the end, which need not exist. Still a symbolic link where links go round.
std::filesystem::path follow_links(const std::filesystem::path& path);

// Whether two names, of files that need not exist, are of one file: through symbolic links, or as hard links.
bool is_same_file(const std::filesystem::path& a, const std::filesystem::path& b);

// Renames `path` to the first free one of PATH.damaged-1, PATH.damaged-2, …, so that a file takes its place
// and nothing is lost; returns the new name. Throws RunError when it cannot be renamed.
std::filesystem::path set_aside(const std::filesystem::path& path);

}  // namespace normlab
