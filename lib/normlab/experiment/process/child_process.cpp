#include "normlab/experiment/process/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <utility>

#include "normlab/core/error.h"
#include "normlab/core/process.h"
#include "normlab/data/unpacked_files.h"
#include "normlab/experiment/process/cores.h"

extern char** environ;  // NOLINT: declared by POSIX, not by a header

namespace normlab {
namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

std::vector<std::string> environment_with_threads(std::size_t threads) {
  constexpr const char* variable = "OMP_NUM_THREADS=";
  std::vector<std::string> environment;
  // First, where it wins over an entry that this process was started with.
  if (std::string unpacked = unpacked_files_environment(); !unpacked.empty())
    environment.push_back(std::move(unpacked));
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (std::strncmp(*entry, variable, std::strlen(variable)) != 0) environment.emplace_back(*entry);
  }
  environment.push_back(fmt::format("{}{}", variable, threads));
  const bool is_set = std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr;
  if (!is_set) environment.push_back(fmt::format("GOMP_SPINCOUNT={}", spins_before_sleep));
  return environment;
}

// A file in memory that holds `content` and stands at its beginning.
int file_in_memory(std::string_view content) {
  const int file = memfd_create("normlab-input", MFD_CLOEXEC);
  while (file >= 0 && !content.empty()) {
    const ssize_t written = write(file, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) break;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  if (file < 0 || !content.empty() || lseek(file, 0, SEEK_SET) != 0) {
    const int error = errno;
    if (file >= 0) close(file);
    throw RunError(fmt::format("cannot start a process: {}", std::strerror(error)));
  }
  return file;
}

constexpr std::string_view message_prefix = "normlab: ", warning_prefix = "normlab: warning: ";

std::string last_line(std::string errors) {
  const std::size_t end = errors.find_last_not_of(" \n\r\t");
  if (end == std::string::npos) return "";
  errors.resize(end + 1);
  std::string line = errors.substr(errors.rfind('\n') + 1);
  if (line.starts_with(message_prefix)) line.erase(0, message_prefix.size());
  return line;
}

std::vector<std::string> warnings_in(const std::string& errors) {
  std::vector<std::string> warnings;
  std::istringstream lines(errors);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(warning_prefix)) warnings.push_back(line.substr(warning_prefix.size()));
  }
  return warnings;
}

// Everything the child needs, prepared before the fork: between fork and exec only system calls are safe.
struct Launch {
  const ChildStart& start;
  char** arguments;
  char** environment;
  const CoreMask& mask;
  int input, errors;
  pid_t parent;
};

[[noreturn]] void become_child(const Launch& launch) {
  // Until exec the handlers are the parent's, which would swallow the one signal that the child has to obey.
  signal(SIGTERM, SIG_DFL);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != launch.parent) _exit(130);  // it died before the line above
  const bool pinned = launch.mask.pin_this_process();
  if (!pinned && launch.start.pin_error != nullptr) *launch.start.pin_error = errno;
  for (const int descriptor : launch.start.descriptors) fcntl(descriptor, F_SETFD, 0);
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  dup2(launch.input, STDIN_FILENO);
  dup2(null, STDOUT_FILENO);
  dup2(launch.errors >= 0 ? launch.errors : null, STDERR_FILENO);
  execve("/proc/self/exe", launch.arguments, launch.environment);
  _exit(127);
}

}  // namespace

ChildProcess::ChildProcess(const ChildStart& start) {
  const int input_file = file_in_memory(start.input);
  errors_ = memfd_create("normlab-errors", MFD_CLOEXEC);
  std::vector<std::string> argument_texts{"normlab"};
  argument_texts.insert(argument_texts.end(), start.arguments.begin(), start.arguments.end());
  std::vector<std::string> environment_texts = environment_with_threads(start.cores.size());
  std::vector<char*> argument_list = pointers(argument_texts), environment_list = pointers(environment_texts);
  const CoreMask mask(start.cores);
  const Launch launch{start,   argument_list.data(), environment_list.data(), mask, input_file, errors_,
                      getpid()};
  process_ = fork();
  if (process_ == 0) become_child(launch);
  const int error = errno;
  close(input_file);
  if (process_ < 0) {
    if (errors_ >= 0) close(errors_);
    throw RunError(fmt::format("cannot start a process: {}", std::strerror(error)));
  }
}

ChildProcess::~ChildProcess() {
  if (errors_ >= 0) close(errors_);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : process_(std::exchange(other.process_, -1)), errors_(std::exchange(other.errors_, -1)) {}

std::optional<ChildExit> ChildProcess::poll() {
  int status = 0;
  const pid_t ended = waitpid(process_, &status, WNOHANG);
  if (ended != process_) return std::nullopt;
  process_ = -1;
  ChildExit exit;
  if (WIFSIGNALED(status)) {
    exit.signal = WTERMSIG(status);
    exit.cause = fmt::format("killed by signal {} ({})", exit.signal, strsignal(exit.signal));
  } else {
    exit.status = WEXITSTATUS(status);
    exit.cause = fmt::format("exit status {}", exit.status);
  }
  const std::string errors = last_errors();
  const std::string line = last_line(errors);
  if (!line.empty()) exit.cause += ": " + line;
  exit.warnings = warnings_in(errors);
  return exit;
}

void ChildProcess::send(int signal) const {
  if (process_ > 0) kill(process_, signal);
}

std::string ChildProcess::last_errors() const {
  if (errors_ < 0) return "";
  constexpr off_t longest = 4096;
  const off_t size = lseek(errors_, 0, SEEK_END);
  const off_t start = size > longest ? size - longest : 0;
  std::string tail(static_cast<std::size_t>(std::max<off_t>(size - start, 0)), '\0');
  const ssize_t got = pread(errors_, tail.data(), tail.size(), start);
  tail.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return tail;
}

}  // namespace normlab
