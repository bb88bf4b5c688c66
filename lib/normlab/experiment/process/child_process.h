// A child process that is pinned to cores and dies with its parent.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <optional>
#include <string>
#include <vector>

namespace normlab {

struct ChildExit {
  int status = 0;  // exit status; meaningful when signal is 0
  int signal = 0;  // the signal that killed it, or 0
  // "exit status 1: LAST LINE" or "killed by signal 9 (Killed): LAST LINE", with the last line of its
  // standard error.
  std::string cause;
  std::vector<std::string> warnings;  // what it said with log_warning, in the last 4 KB of its standard error
};

struct ChildStart {
  std::vector<std::string> arguments;  // without the program's name
  std::vector<int> cores;              // that it is pinned to, one for each of its threads
  std::string input;                   // its standard input; may be longer than a command line
  std::vector<int> descriptors;        // that stay open in it, under the same numbers
  // In memory that it shares with this process: receives errno where pinning fails. May be null.
  std::atomic<int>* pin_error = nullptr;
};

// Standard error is kept in memory; standard output is /dev/null. Not copyable; a child that still runs when
// the object goes is left alone.
class ChildProcess {
 public:
  // Starts this program again with OMP_NUM_THREADS set to the number of cores; its threads spin only for a
  // moment before they sleep. The child gets SIGTERM when the thread that called this ends. Throws RunError
  // when the system has no room for a process or for its input.
  explicit ChildProcess(const ChildStart& start);
  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;

  // Does not wait: nothing while the child runs, and once what became of it.
  std::optional<ChildExit> poll();
  void send(int signal) const;
  pid_t process() const { return process_; }

 private:
  std::string last_errors() const;

  pid_t process_ = -1;
  int errors_ = -1;  // a file in memory that receives standard error
};

}  // namespace normlab
