#include "normlab/core/shared_files.h"

#include <fmt/format.h>

#include "normlab/core/error.h"
#include "normlab/core/file.h"

namespace normlab {

std::filesystem::path program_folder() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) throw RunError(fmt::format("cannot find this program's own folder: {}", error.message()));
  return program.parent_path();
}

std::optional<std::filesystem::path> find_shared_file(const std::filesystem::path& file) {
  const std::filesystem::path folder = program_folder();
  std::filesystem::path installed = folder.parent_path() / "share/normlab" / file;
  if (is_file(installed)) return installed;
  for (std::filesystem::path root = folder; root.has_relative_path(); root = root.parent_path()) {
    std::filesystem::path built = root / file;
    if (is_file(built) && is_file(root / "lib/normlab/core/shared_files.h")) return built;
  }
  return std::nullopt;
}

}  // namespace normlab
