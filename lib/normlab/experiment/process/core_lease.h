// Shares the machine's cores out between all programs that ask here, so that two sweeps side by side do not
// measure each other: a lock file for each core, in a folder that every user sees. The kernel releases a lock
// when the last process that holds it ends, however it ends.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace normlab {

// Cores that nobody else gets from SharedCores for as long as this object lives, or a process that inherited
// its descriptors.
class CoreLease {
 public:
  CoreLease() = default;
  ~CoreLease();
  CoreLease(CoreLease&& other) noexcept;
  CoreLease& operator=(CoreLease&& other) noexcept;

  const std::vector<int>& cores() const { return cores_; }
  // Open files that hold the locks, closed at exec: one for each core, none when cores are not shared out.
  const std::vector<int>& locks() const { return locks_; }
  // What the others read who wait for these cores: a process and its run's id.
  void name_holder(pid_t process, std::string_view run) const;

 private:
  friend class SharedCores;
  std::vector<int> cores_, locks_;
};

class SharedCores {
 public:
  // Shares out `cores`. The lock files are in the folder that the environment variable NORMLAB_RUNTIME_DIR
  // names, or else in /run/lock/normlab where everyone may write into /run/lock, or else in
  // /tmp/normlab-cores.
  explicit SharedCores(std::vector<int> cores);
  ~SharedCores();
  SharedCores(const SharedCores&) = delete;
  SharedCores& operator=(const SharedCores&) = delete;

  // Why other programs cannot know of the cores leased here; "" when they can. It may turn up with a lease.
  const std::string& problem() const { return problem_; }

  // The first `count` cores that nobody holds and that are not among `taken`; nothing when there are fewer.
  // Where there is a problem, nobody's holding counts.
  std::optional<CoreLease> lease(int count, const std::vector<int>& taken = {});

  // "core 0 is held by mlp-layer-b4-s1-9f2c1a7e (process 4711), core 1 by …": all that are held, by whomever.
  std::string holders() const;

 private:
  enum class Lock { held, busy, unusable };
  struct Attempt {
    Lock lock;
    int file = -1;
    std::string cause = "";  // of unusable
  };
  Attempt try_lock(int core) const;
  int open_lock_file(int core) const;

  std::vector<int> cores_;
  std::string problem_;  // before folder_, which fills it in
  int folder_ = -1;
};

// Cores for a run that does not wait: this process is pinned to as many free ones as it has threads, for as
// long as the object lives, or to none when there are fewer.
class OwnCores {
 public:
  OwnCores(int threads, std::string_view run);

  const std::vector<int>& pinned() const { return pinned_; }  // empty: the run takes what the system gives it
  const std::string& problem() const { return problem_; }  // why it is not pinned, or not alone there; or ""

 private:
  std::optional<CoreLease> lease_;
  std::vector<int> pinned_;
  std::string problem_;
};

}  // namespace normlab
