// Which files a test's programs open.
#pragma once

#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <map>
#include <string>
#include <system_error>

namespace normlab::testing {

// Counts from its making on how often each file of a folder is opened, by whatever process.
class OpenedFiles {
 public:
  explicit OpenedFiles(const std::filesystem::path& folder) : descriptor_(::inotify_init1(IN_NONBLOCK)) {
    // Openings in a row would be told as one, without the closings between them.
    if (::inotify_add_watch(descriptor_, folder.c_str(), IN_OPEN | IN_CLOSE) < 0)
      throw std::filesystem::filesystem_error("no watch", folder, {errno, std::generic_category()});
  }
  ~OpenedFiles() { ::close(descriptor_); }
  OpenedFiles(const OpenedFiles&) = delete;
  OpenedFiles& operator=(const OpenedFiles&) = delete;

  const std::map<std::string, int>& counts() {
    alignas(inotify_event) char events[1 << 14];
    for (ssize_t bytes; (bytes = ::read(descriptor_, events, sizeof events)) > 0;) {
      for (const char* here = events; here < events + bytes;) {
        const auto* event = reinterpret_cast<const inotify_event*>(here);
        if (event->len > 0 && (event->mask & IN_OPEN) != 0) ++counts_[event->name];
        here += sizeof *event + event->len;
      }
    }
    return counts_;
  }

 private:
  int descriptor_;
  std::map<std::string, int> counts_;
};

}  // namespace normlab::testing
