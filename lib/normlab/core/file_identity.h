// What tells a file from every other one, and from itself after a change.
#pragma once

#include <sys/stat.h>

#include <cstdint>

namespace normlab {

struct FileIdentity {
  std::uint64_t device = 0, inode = 0, bytes = 0;
  std::int64_t modified = 0, changed = 0;  // nanoseconds since 1970; `changed` nobody can set

  bool operator==(const FileIdentity&) const = default;
};

FileIdentity identity_of(const struct stat& status);

// False within the clock tick of the file's last change: another change could leave the identity as it is.
bool is_settled(const FileIdentity& identity);

}  // namespace normlab
