#include "normlab/core/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <stdexcept>

#include "normlab/core/error.h"
#include "normlab/core/text.h"

namespace normlab {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, std::string_view what, int error) {
  throw RunError(fmt::format("cannot {} {}: {}", what, shortened(path.string()), std::strerror(error)));
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }

 private:
  int number_;
};

Descriptor open_regular(const std::filesystem::path& path, std::string_view field) {
  // O_NONBLOCK: opening a named pipe must not wait for a writer before it is refused.
  const int number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  const int error = errno;
  struct stat status {};
  if (number >= 0 && ::fstat(number, &status) == 0 && S_ISREG(status.st_mode)) return Descriptor(number);
  if (number >= 0) ::close(number);
  std::string problem = "it is a device or a pipe, and a regular file is wanted";
  if (number < 0) problem = fmt::format("the file cannot be opened ({})", std::strerror(error));
  if (S_ISDIR(status.st_mode)) problem = "it is a folder, and a file is wanted";
  refuse(field, quotation(path.string()), problem);
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

std::string read_text(const std::filesystem::path& path, std::string_view field, std::uint64_t most_bytes) {
  const Descriptor file = open_regular(path, field);
  struct stat status {};
  ::fstat(file.get(), &status);
  try {
    std::string content;
    // One byte more than there should be tells the end of the file from its growth.
    content.reserve(std::min(static_cast<std::uint64_t>(status.st_size), most_bytes) + 1);
    while (true) {
      constexpr std::size_t piece = std::size_t{1} << 20;
      const std::size_t before = content.size();
      const std::size_t room = content.capacity() - before;
      content.resize(before + (room > 0 ? std::min(room, piece) : piece));
      const ssize_t count = ::read(file.get(), content.data() + before, content.size() - before);
      if (count < 0 && errno != EINTR) fail(path, "read", errno);
      content.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
      if (count == 0) return content;
      if (content.size() > most_bytes) {
        refuse(field, quotation(path.string()), fmt::format("a file of at most {} bytes is", most_bytes));
      }
    }
  } catch (const std::bad_alloc&) {
  } catch (const std::length_error&) {
  }
  throw RunError(fmt::format("not enough memory to read {}.", shortened(path.string())));
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
