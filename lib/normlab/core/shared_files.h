// Files that come with the program: scripts and experiments.
#pragma once

#include <filesystem>
#include <optional>

namespace normlab {

// The folder that the program's own file is in. RunError when the system does not say.
std::filesystem::path program_folder();

// `file` ("scripts/plot.py") in share/normlab beside the installed program's folder, or in the source tree
// that the program was built in.
std::optional<std::filesystem::path> find_shared_file(const std::filesystem::path& file);

}  // namespace normlab
