#include "normlab/data/fetch.h"

#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "normlab/core/error.h"
#include "normlab/core/file.h"

extern char** environ;

namespace normlab {
namespace {

constexpr const char* script_name = "fetch_data.sh";

std::filesystem::path program_folder() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) throw RunError(fmt::format("cannot find this program's own folder: {}", error.message()));
  return program.parent_path();
}

// Runs `bash SCRIPT NAME` with its standard output sent to our standard error, where progress belongs.
int run_script(const std::string& script, const std::string& name) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  // Bash cannot set back what it was started with, and its pipelines rely on SIGPIPE.
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  sigaddset(&defaults, SIGXFSZ);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  std::string shell = "bash", script_argument = script, name_argument = name;
  char* arguments[] = {shell.data(), script_argument.data(), name_argument.data(), nullptr};
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, "bash", &actions, &attributes, arguments, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw RunError(fmt::format("cannot start bash for {}: {}", script, std::strerror(error)));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw RunError(fmt::format("cannot wait for {}: {}", script, std::strerror(errno)));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

const std::vector<std::string>& fetchable_datasets() {
  static const std::vector<std::string> names = {"mnist", "brown", "bible"};
  return names;
}

std::filesystem::path find_fetch_script() {
  const std::filesystem::path folder = program_folder();
  std::filesystem::path installed = folder.parent_path() / "share/normlab/scripts" / script_name;
  if (is_file(installed)) return installed;
  for (std::filesystem::path root = folder; root.has_relative_path(); root = root.parent_path()) {
    std::filesystem::path script = root / "scripts" / script_name;
    if (is_file(script) && is_file(root / "lib/normlab/data/fetch.h")) return script;
  }
  throw RunError(fmt::format("cannot find {}: neither {} nor a source tree above {} has it", script_name,
                             installed.string(), folder.string()));
}

void fetch_dataset(std::string_view name) {
  const std::vector<std::string>& names = fetchable_datasets();
  if (std::find(names.begin(), names.end(), name) == names.end()) refuse_name("dataset", name, names);
  const std::filesystem::path script = find_fetch_script();
  const int status = run_script(script.string(), std::string(name));
  if (status != 0) {
    throw RunError(fmt::format("fetching {} failed: {} ended with status {}", name, script.string(), status));
  }
}

}  // namespace normlab
