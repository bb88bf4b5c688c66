// Folders that files are to be written into, looked at before work starts.
#pragma once

#include <filesystem>
#include <string_view>

namespace normlab {

// Refuses `folder` (RequestError naming `field`) when nothing can be written into it, making it (and its
// parents) if need be. RunError when the disk is full, or too many files are open.
void require_writable_folder(const std::filesystem::path& folder, std::string_view field);

// Refuses what require_writable_folder() refuses, and makes no folder.
void require_room_for_folder(const std::filesystem::path& folder, std::string_view field);

// Throws RunError for what was wrong with this process or the disk (errno `error`), else refuses the folder.
[[noreturn]] void refuse_folder(std::string_view field, const std::filesystem::path& folder, int error);

}  // namespace normlab
