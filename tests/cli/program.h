// Runs the real program.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "data/idx_files.h"
#include "sanitized.h"

namespace normlab::testing {

// What a program that ended left behind.
struct Outcome {
  int status = -1;  // exit status, or minus the signal that killed it
  std::string out, error;
};

// The program at work in `folder`, its output caught in files outside of it.
class Program {
 public:
  // `file_bytes`: the largest file that it may write, 0 for no limit.
  Program(const std::filesystem::path& folder, const std::vector<std::string>& arguments,
          rlim_t file_bytes = 0) {
    std::vector<std::string> texts{NORMLAB_PROGRAM};
    texts.insert(texts.end(), arguments.begin(), arguments.end());
    std::vector<char*> list;
    for (std::string& text : texts) list.push_back(text.data());
    list.push_back(nullptr);
    const std::string out = output_path("out"), error = output_path("error");
    process_ = ::fork();
    if (process_ == 0) {
      ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
      ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
      ::dup2(::open(error.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
      if (file_bytes > 0) {
        const rlimit limit{file_bytes, file_bytes};
        ::setrlimit(RLIMIT_FSIZE, &limit);
      }
      // Cores of its own to share out: tests run beside one another, and none should wait for another's runs.
      ::setenv("NORMLAB_RUNTIME_DIR", output_path("cores").c_str(), 0);
      // Else it starts itself again with that, which costs as much as all else that a short command does.
      if (sanitized) ::setenv("GOMP_SPINCOUNT", "1000", 0);
      if (::chdir(folder.c_str()) != 0) ::_exit(126);
      ::execv(NORMLAB_PROGRAM, list.data());
      ::_exit(127);
    }
  }

  void send(int signal) const { ::kill(process_, signal); }
  pid_t process() const { return process_; }

  // What it has written to standard error by now.
  std::string error_so_far() const { return read_file(output_path("error")); }

  Outcome wait() {
    int status = 0;
    ::waitpid(process_, &status, 0);
    Outcome outcome;
    outcome.status = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    outcome.out = read_file(output_path("out"));
    outcome.error = read_file(output_path("error"));
    return outcome;
  }

 private:
  std::string output_path(const char* name) const { return (output_.path() / name).string(); }

  TemporaryFolder output_;
  pid_t process_ = -1;
};

inline Outcome run_program(const std::filesystem::path& folder, const std::vector<std::string>& arguments) {
  return Program(folder, arguments).wait();
}

// Every file below `folder` with its content.
inline std::map<std::string, std::string> files_below(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    files[std::filesystem::relative(entry.path(), folder).string()] =
        entry.is_regular_file() ? read_file(entry.path()) : "folder";
  }
  return files;
}

// Waits until `condition` holds; false when it does not within `seconds`.
template <class Condition>
bool wait_until(Condition&& condition, double seconds = 60) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

// A training run that takes a fraction of a second.
inline std::vector<std::string> quick_run(const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"run",
                                     "--dataset",
                                     "synthetic",
                                     "--train-limit",
                                     "500",
                                     "--set",
                                     "dataset.validation_limit=100",
                                     "--set",
                                     "dataset.test_limit=100",
                                     "--set",
                                     "model.hidden=[16]",
                                     "--epochs",
                                     "2"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

// The program refuses what it was asked with one sentence that has these words, and touches no file.
inline void check_refused(const std::filesystem::path& folder, const std::vector<std::string>& arguments,
                          const std::vector<std::string>& words) {
  CAPTURE(arguments);
  const auto before = files_below(folder);
  const Outcome outcome = run_program(folder, arguments);
  CAPTURE(outcome.error);
  CHECK(outcome.status == 2);
  CHECK(outcome.out.empty());
  CHECK(std::count(outcome.error.begin(), outcome.error.end(), '\n') == 1);
  CHECK(outcome.error.starts_with("normlab: "));
  CHECK(outcome.error.ends_with(".\n"));
  for (const std::string& word : words) {
    CAPTURE(word);
    CHECK(contains(outcome.error, word));
  }
  CHECK(files_below(folder) == before);
}

}  // namespace normlab::testing
