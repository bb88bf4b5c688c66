#include "normlab/core/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "normlab/core/error.h"

namespace normlab {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, std::string_view what, int error) {
  throw RunError(fmt::format("cannot {} {}: {}", what, path.string(), std::strerror(error)));
}

void write_and_sync(const std::filesystem::path& path, std::string_view content) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) fail(path, "create", errno);
  while (!content.empty()) {
    const ssize_t written = ::write(file, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int error = errno;
      ::close(file);
      fail(path, "write", error);
    }
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  // Devices and pipes have nothing to synchronize, and say so.
  const int synced = ::fsync(file) == 0 || errno == EINVAL || errno == EROFS ? 0 : -1;
  const int sync_error = errno;
  const int closed = ::close(file);
  if (synced != 0) fail(path, "write", sync_error);
  if (closed != 0) fail(path, "close", errno);
}

// A device, pipe or socket, such as /dev/null: renaming a file over it would put the file in its place.
bool is_special(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_other(path, ignored);
}

}  // namespace

std::string read_text(const std::filesystem::path& path, std::string_view field) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    refuse(field, fmt::format("\"{}\"", path.string()), "it is a folder, and a file is wanted");
  }
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    refuse(field, fmt::format("\"{}\"", path.string()),
           fmt::format("the file cannot be opened ({})", std::strerror(errno)));
  }
  std::ostringstream content;
  content << stream.rdbuf();
  return std::move(content).str();
}

void write_whole(const std::filesystem::path& path, std::string_view content) {
  if (is_special(path)) {
    write_and_sync(path, content);
    return;
  }
  std::filesystem::path temporary = path;
  temporary += fmt::format(".{}.partial", ::getpid());
  try {
    write_and_sync(temporary, content);
  } catch (const RunError&) {
    ::unlink(temporary.c_str());
    throw;
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    fail(path, "replace", error);
  }
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory >= 0) {
    ::fsync(directory);
    ::close(directory);
  }
}

}  // namespace normlab
