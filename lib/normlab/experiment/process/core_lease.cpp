#include "normlab/experiment/process/core_lease.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "normlab/core/text.h"
#include "normlab/experiment/process/cores.h"

namespace normlab {
namespace {

constexpr mode_t sticky_for_all = 01777;

std::string lock_name(int core) {
  return fmt::format("core-{}", core);
}

// The same for every user of the machine, so that all find the same locks.
std::string runtime_folder() {
  const char* named = std::getenv("NORMLAB_RUNTIME_DIR");
  if (named != nullptr && *named != '\0') return named;
  struct stat parent {};
  const bool open_to_all = ::stat("/run/lock", &parent) == 0 && S_ISDIR(parent.st_mode) &&
                           (parent.st_mode & sticky_for_all) == sticky_for_all;
  return open_to_all ? "/run/lock/normlab" : "/tmp/normlab-cores";
}

// A descriptor of the folder, made for all users if it is not there; -1 with the reason in `problem`.
int open_runtime_folder(std::string& problem) {
  const std::string path = runtime_folder();
  const bool made = ::mkdir(path.c_str(), sticky_for_all) == 0;
  // O_NOFOLLOW: whoever may write beside it could have left a symbolic link to a folder of ours.
  const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (folder < 0) {
    problem = fmt::format("{} cannot be opened as a folder ({})", shortened(path), std::strerror(errno));
    return -1;
  }
  if (made) ::fchmod(folder, sticky_for_all);  // without what the umask takes away
  struct stat status {};
  const bool known = ::fstat(folder, &status) == 0;
  const bool own = status.st_uid == ::geteuid() || status.st_uid == 0;
  const bool writable_by_others = (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  if (known && (writable_by_others ? (status.st_mode & S_ISVTX) != 0 : own)) return folder;
  problem = fmt::format("{} is not a folder in which users cannot touch each other's files", shortened(path));
  ::close(folder);
  return -1;
}

// What a holder wrote about itself, which may be anyone: "mlp-layer-b4-s1-9f2c1a7e (process 4711)".
std::string holder_text(int folder, int core) {
  char buffer[128] = {};
  const int file = ::openat(folder, lock_name(core).c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  const ssize_t size = file < 0 ? 0 : ::pread(file, buffer, sizeof buffer, 0);
  if (file >= 0) ::close(file);
  std::string text(buffer, static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  text.resize(std::min(text.size(), text.find('\n')));
  const std::size_t blank = text.find(' ');
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (!plain || blank == std::string::npos) return "another program";
  return fmt::format("{} (process {})", text.substr(blank + 1), text.substr(0, blank));
}

}  // namespace

CoreLease::~CoreLease() {
  for (const int lock : locks_) ::close(lock);
}

CoreLease::CoreLease(CoreLease&& other) noexcept
    : cores_(std::exchange(other.cores_, {})), locks_(std::exchange(other.locks_, {})) {}

CoreLease& CoreLease::operator=(CoreLease&& other) noexcept {
  std::swap(cores_, other.cores_);
  std::swap(locks_, other.locks_);
  return *this;
}

void CoreLease::name_holder(pid_t process, std::string_view run) const {
  const std::string text = fmt::format("{} {}\n", process, run);
  for (const int lock : locks_) {
    // Only a text for people: where it cannot be written, the lock holds all the same.
    if (::ftruncate(lock, 0) != 0 || ::pwrite(lock, text.data(), text.size(), 0) < 0) return;
  }
}

SharedCores::SharedCores(std::vector<int> cores)
    : cores_(std::move(cores)), folder_(open_runtime_folder(problem_)) {}

SharedCores::~SharedCores() {
  if (folder_ >= 0) ::close(folder_);
}

int SharedCores::open_lock_file(int core) const {
  constexpr int flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  const std::string name = lock_name(core);
  int file = ::openat(folder_, name.c_str(), O_RDWR | flags);
  if (file < 0 && errno == ENOENT) {
    // Never O_CREAT alone: the kernel may refuse it for another user's file in a folder like this.
    file = ::openat(folder_, name.c_str(), O_RDWR | O_CREAT | O_EXCL | flags, 0666);
    if (file >= 0) ::fchmod(file, 0666);
    if (file < 0 && errno == EEXIST) file = ::openat(folder_, name.c_str(), O_RDWR | flags);
  }
  // A file that may only be read can be locked, too.
  if (file < 0 && errno == EACCES) file = ::openat(folder_, name.c_str(), O_RDONLY | flags);
  return file;
}

SharedCores::Attempt SharedCores::try_lock(int core) const {
  const int file = open_lock_file(core);
  struct stat opened {};
  if (file < 0) return {Lock::unusable, -1, std::strerror(errno)};
  const bool plain = ::fstat(file, &opened) == 0 && S_ISREG(opened.st_mode) && opened.st_nlink <= 1;
  if (plain && ::flock(file, LOCK_EX | LOCK_NB) == 0) {
    // Someone who tidies up may have removed the file, and the next one would lock a new one.
    struct stat there {};
    const bool same = ::fstatat(folder_, lock_name(core).c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 &&
                      there.st_ino == opened.st_ino;
    if (same) return {Lock::held, file};
    ::close(file);
    return {Lock::busy};
  }
  const int error = errno;
  ::close(file);
  if (plain && error == EWOULDBLOCK) return {Lock::busy};
  return {Lock::unusable, -1, plain ? std::strerror(error) : "it is no file of its own"};
}

std::optional<CoreLease> SharedCores::lease(int count, const std::vector<int>& taken) {
  CoreLease lease;
  for (const int core : cores_) {
    if (static_cast<int>(lease.cores_.size()) == count) break;
    if (std::find(taken.begin(), taken.end(), core) != taken.end()) continue;
    if (problem_.empty()) {
      const Attempt attempt = try_lock(core);
      if (attempt.lock == Lock::busy) continue;
      if (attempt.lock == Lock::held) lease.locks_.push_back(attempt.file);
      if (attempt.lock == Lock::unusable)
        problem_ =
            fmt::format("{} cannot be used as a lock ({})",
                        shortened(fmt::format("{}/{}", runtime_folder(), lock_name(core))), attempt.cause);
    }
    lease.cores_.push_back(core);
  }
  if (static_cast<int>(lease.cores_.size()) < count) return std::nullopt;
  return lease;
}

std::string SharedCores::holders() const {
  std::string text;
  for (const int core : cores_) {
    if (!problem_.empty()) break;
    const Attempt attempt = try_lock(core);
    if (attempt.file >= 0) ::close(attempt.file);
    if (attempt.lock != Lock::busy) continue;
    text += fmt::format("{}core {} {}by {}", text.empty() ? "" : ", ", core, text.empty() ? "is held " : "",
                        holder_text(folder_, core));
  }
  return text;
}

OwnCores::OwnCores(int threads, std::string_view run) {
  SharedCores shared(available_cores());
  lease_ = shared.lease(threads);
  if (!shared.problem().empty()) {
    problem_ =
        fmt::format("times may suffer from other runs, as cores cannot be shared out: {}", shared.problem());
    lease_.reset();
  } else if (!lease_) {
    problem_ = fmt::format("times may suffer from other runs, as no core is free: {}", shared.holders());
  } else if (!CoreMask(lease_->cores()).pin_this_process()) {
    problem_ =
        fmt::format("times may suffer, as the run cannot be pinned to a core: {}", std::strerror(errno));
  } else {
    pinned_ = lease_->cores();
  }
  if (lease_) lease_->name_holder(::getpid(), run);
}

}  // namespace normlab
