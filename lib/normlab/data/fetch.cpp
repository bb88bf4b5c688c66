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
#include "normlab/core/nearest_name.h"
#include "normlab/core/shared_files.h"
#include "normlab/core/text.h"
#include "normlab/data/dataset_name.h"

extern char** environ;

namespace normlab {
namespace {

constexpr const char* script_path = "scripts/fetch_data.sh";

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

bool is_one_of(std::string_view name, const std::vector<std::string>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Data sets that are there without being fetched.
void refuse_unfetched(std::string_view name) {
  const std::string meant = nearest_name(name, std::vector<std::string>{"fashion-mnist", "synthetic"});
  if (meant == "fashion-mnist") {
    refuse("dataset", quotation(name),
           "it is not fetched, but installed with the system's package dataset-fashion-mnist");
  }
  if (meant == "synthetic") {
    refuse("dataset", quotation(name), "it is generated from the run's seed, and needs no fetching");
  }
}

// `name` as the script knows it; a text may have the prefix that --dataset wants.
std::string_view fetchable_name(std::string_view name) {
  constexpr std::string_view prefix = "text:";
  if (is_one_of(name, fetchable_datasets())) return name;
  if (!name.starts_with(prefix)) {
    refuse_unfetched(name);
    refuse_name("dataset", name, fetchable_datasets());
  }
  const std::string_view text = name.substr(prefix.size());
  if (is_one_of(text, fetched_texts())) return text;
  std::vector<std::string> known;
  for (const std::string& fetched : fetched_texts()) known.push_back(fmt::format("{}{}", prefix, fetched));
  refuse_name("dataset", name, known);
}

}  // namespace

const std::vector<std::string>& fetchable_datasets() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all{"mnist"};
    all.insert(all.end(), fetched_texts().begin(), fetched_texts().end());
    return all;
  }();
  return names;
}

std::filesystem::path find_fetch_script() {
  if (auto script = find_shared_file(script_path)) return *std::move(script);
  const std::filesystem::path folder = program_folder();
  throw RunError(fmt::format("cannot find {}: neither {} nor a source tree above {} has it", script_path,
                             (folder.parent_path() / "share/normlab").string(), folder.string()));
}

void fetch_dataset(std::string_view name) {
  name = fetchable_name(name);
  const std::filesystem::path script = find_fetch_script();
  const int status = run_script(script.string(), std::string(name));
  if (status != 0) {
    throw RunError(fmt::format("fetching {} failed: {} ended with status {}", name, script.string(), status));
  }
}

}  // namespace normlab
