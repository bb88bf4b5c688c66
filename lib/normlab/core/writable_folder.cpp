#include "normlab/core/writable_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "normlab/core/error.h"
#include "normlab/core/text.h"

namespace normlab {
namespace {

namespace filesystem = std::filesystem;

// What was wrong with this process or the disk, and not with the folder.
bool is_shortage(int error) {
  static constexpr std::array shortages{EMFILE, ENFILE, ENOMEM, ENOSPC, EDQUOT, EIO};
  return std::find(shortages.begin(), shortages.end(), error) != shortages.end();
}

// Why nothing can be written into the folder, which is made (with its parents) if need be.
std::error_code writing_problem(const filesystem::path& folder) {
  std::error_code error;
  filesystem::create_directories(folder, error);
  if (!error && !filesystem::is_directory(folder, error) && !error)
    error = std::make_error_code(std::errc::not_a_directory);
  if (!error) {
    const filesystem::path probe = folder / fmt::format("probe.{}.partial", ::getpid());
    const int file = ::open(probe.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0) error = {errno, std::generic_category()};
    if (file >= 0) ::close(file);
    ::unlink(probe.c_str());
  }
  return error;
}

}  // namespace

void refuse_folder(std::string_view field, const filesystem::path& folder, int error) {
  if (is_shortage(error))
    throw RunError(fmt::format("cannot write into {}: {}", shortened(folder.string()), std::strerror(error)));
  refuse(field, quotation(folder.string()),
         fmt::format("a folder that can be written is ({})", std::strerror(error)));
}

void require_writable_folder(const filesystem::path& folder, std::string_view field) {
  if (const std::error_code error = writing_problem(folder)) refuse_folder(field, folder, error.value());
}

void require_room_for_folder(const filesystem::path& folder, std::string_view field) {
  std::error_code error;
  filesystem::path there = folder;
  filesystem::file_status status = filesystem::symlink_status(there, error);
  while (status.type() == filesystem::file_type::not_found) {
    there = there.has_parent_path() ? there.parent_path() : ".";
    status = filesystem::symlink_status(there, error);
  }
  if (filesystem::status_known(status)) error = writing_problem(there);
  if (error) refuse_folder(field, folder, error.value());
}

}  // namespace normlab
