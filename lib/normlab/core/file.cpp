#include "normlab/core/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <new>
#include <optional>
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

void write_and_sync(const std::filesystem::path& path, std::string_view content, std::optional<mode_t> mode) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0644);
  if (file < 0) fail(path, "create", errno);
  if (mode) ::fchmod(file, *mode);  // some file systems have no modes
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

// What the file in which `name` is written begins with: never too long a name.
std::string beginning_of_partial(const std::string& name) {
  constexpr std::size_t longest_name = 200;
  return name.substr(0, longest_name);
}

// Where `path` is written before it takes its place: beside it.
std::filesystem::path partial_file(const std::filesystem::path& path) {
  return path.parent_path() /
         fmt::format("{}.{}.partial", beginning_of_partial(path.filename().string()), ::getpid());
}

// A file that write_whole() left behind: NAME.PROCESS.partial; an empty name for any other.
struct PartialFile {
  std::string name;
  pid_t process = 0;
};

PartialFile parse_partial_file(const std::filesystem::path& file) {
  const std::filesystem::path stem = file.stem();
  const std::string process = stem.extension().string();
  pid_t number = 0;
  const char* end = process.data() + process.size();
  if (file.extension() != ".partial" || process.size() < 2) return {};
  if (const auto parsed = std::from_chars(process.data() + 1, end, number);
      parsed.ec != std::errc() || parsed.ptr != end || number < 0)
    return {};
  return {stem.stem().string(), number};
}

// One that was killed and that its parent has not yet looked after is there for kill(), and writes no more.
bool has_ended(pid_t process) {
  std::ifstream file(fmt::format("/proc/{}/stat", process));
  const std::string stat{std::istreambuf_iterator<char>(file), {}};
  const std::size_t name_end = stat.rfind(')');  // "PID (NAME) STATE", and a name may hold anything
  return name_end != std::string::npos && name_end + 2 < stat.size() &&
         std::string_view("ZX").find(stat[name_end + 2]) != std::string_view::npos;
}

bool is_running(pid_t process) {
  return (::kill(process, 0) == 0 || errno == EPERM) && !has_ended(process);
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

std::filesystem::path follow_links(const std::filesystem::path& path) {
  std::filesystem::path target = path;
  std::error_code ignored;
  constexpr int most_links = 40;  // as the system does; links may go round
  for (int links = 0; links < most_links && std::filesystem::is_symlink(target, ignored); ++links) {
    const std::filesystem::path next = std::filesystem::read_symlink(target, ignored);
    target = target.parent_path() / next;  // which is `next` alone where that is absolute
  }
  return target;
}

bool is_same_file(const std::filesystem::path& a, const std::filesystem::path& b) {
  std::error_code error;
  if (std::filesystem::equivalent(a, b, error) && !error) return true;
  const auto place = [&](const std::filesystem::path& path) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(follow_links(path), error), error);
  };
  const std::filesystem::path place_of_a = place(a);
  return !place_of_a.empty() && place_of_a == place(b);
}

void write_whole(const std::filesystem::path& path, std::string_view content) {
  struct stat there {};
  if (::stat(path.c_str(), &there) != 0) {
    if (errno == ELOOP) fail(path, "write", ELOOP);
    there.st_mode = 0;
  }
  if (there.st_mode != 0 && !S_ISREG(there.st_mode) && !S_ISDIR(there.st_mode)) {
    write_and_sync(path, content, std::nullopt);  // renaming would put a file in the device's place
    return;
  }
  const std::filesystem::path target = follow_links(path);
  const std::filesystem::path temporary = partial_file(target);
  try {
    const bool is_file = S_ISREG(there.st_mode);
    write_and_sync(temporary, content, is_file ? std::optional<mode_t>(there.st_mode & 07777) : std::nullopt);
  } catch (const RunError&) {
    ::unlink(temporary.c_str());
    throw;
  }
  if (::rename(temporary.c_str(), target.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    fail(path, "replace", error);
  }
  const std::filesystem::path folder = target.has_parent_path() ? target.parent_path() : ".";
  const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory >= 0) {
    ::fsync(directory);
    ::close(directory);
  }
}

void remove_partial_files(const std::filesystem::path& folder, const std::set<std::string>& names) {
  std::set<std::string> beginnings;
  for (const std::string& name : names) beginnings.insert(beginning_of_partial(name));
  std::error_code absent;
  for (const auto& entry : std::filesystem::directory_iterator(folder, absent)) {
    std::error_code ignored;
    if (!entry.is_regular_file(ignored) || entry.is_symlink(ignored)) continue;
    const PartialFile partial = parse_partial_file(entry.path().filename());
    if (beginnings.contains(partial.name) && !is_running(partial.process))
      std::filesystem::remove(entry.path(), ignored);
  }
}

std::filesystem::path set_aside(const std::filesystem::path& path) {
  std::error_code ignored;
  std::filesystem::path name;
  for (int number = 1;; ++number) {
    name = path;
    name += fmt::format(".damaged-{}", number);
    if (!std::filesystem::exists(std::filesystem::symlink_status(name, ignored))) break;
  }
  if (::rename(path.c_str(), name.c_str()) != 0) fail(path, "set aside", errno);
  return name;
}

bool is_file(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);
}

bool is_folder(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

}  // namespace normlab
