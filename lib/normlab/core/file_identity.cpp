#include "normlab/core/file_identity.h"

#include <time.h>

namespace normlab {
namespace {

std::int64_t nanoseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

FileIdentity identity_of(const struct stat& status) {
  return {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size),
          nanoseconds(status.st_mtim), nanoseconds(status.st_ctim)};
}

bool is_settled(const FileIdentity& identity) {
  timespec tick{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &tick);  // the clock of files' times
  return identity.changed < nanoseconds(tick);
}

}  // namespace normlab
