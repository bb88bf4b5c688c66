// A child process that is pinned to cores and dies with its parent.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace normlab {

struct ChildExit {
  int status = 0;  // exit status; meaningful when signal is 0
  int signal = 0;  // the signal that killed it, or 0
  // "exit status 1: LAST LINE" or "killed by signal 9 (Killed): LAST LINE", with the last line of its
  // standard error.
  std::string cause;
};

// Standard error is kept in memory; standard output is /dev/null. Not copyable; a child that still runs when
// the object goes is left alone.
class ChildProcess {
 public:
  // Starts this program again with `arguments` (without the program's name), on `cores`, with OMP_NUM_THREADS
  // set to their number, and its threads spin only for a moment before they sleep. `input`, which may be
  // longer than a command line, is its standard input. The child gets SIGTERM when the thread that called
  // this ends. Throws RunError when the system has no room for a process or for `input`.
  ChildProcess(const std::vector<std::string>& arguments, const std::vector<int>& cores,
               std::string_view input = {});
  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;

  // Does not wait: nothing while the child runs, and once what became of it.
  std::optional<ChildExit> poll();
  void send(int signal) const;

 private:
  std::string last_error_line() const;

  pid_t process_ = -1;
  int errors_ = -1;  // a file in memory that receives standard error
};

}  // namespace normlab
