// Standard streams that are closed, full or broken, and what must come of a command nonetheless.
#include <doctest/doctest.h>

#include "cli/program.h"

using namespace normlab::testing;

namespace {

enum class Stream { null, file, closed, full, broken };  // file: "stream" in the folder

constexpr Stream bad_streams[] = {Stream::closed, Stream::full, Stream::broken};

void set_up(int descriptor, Stream stream) {
  int ends[2] = {-1, -1};
  switch (stream) {
    case Stream::null:
      ::dup2(::open("/dev/null", O_RDWR), descriptor);
      break;
    case Stream::file:
      ::dup2(::open("stream", O_WRONLY | O_CREAT | O_TRUNC, 0600), descriptor);
      break;
    case Stream::closed:
      ::close(descriptor);
      break;
    case Stream::full:
      ::dup2(::open("/dev/full", O_RDWR), descriptor);
      break;
    case Stream::broken:  // a pipe that nobody reads from any more
      if (::pipe(ends) != 0) ::_exit(126);
      ::dup2(ends[1], descriptor);
      ::close(ends[0]);
      ::close(ends[1]);
      break;
  }
}

// Runs the program in `folder`, and gives its exit status, or minus the signal that killed it.
int status_with(const std::filesystem::path& folder, const std::vector<std::string>& arguments, Stream out,
                Stream error, Stream in = Stream::null) {
  std::vector<std::string> texts{NORMLAB_PROGRAM};
  texts.insert(texts.end(), arguments.begin(), arguments.end());
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  const pid_t process = ::fork();
  if (process == 0) {
    ::signal(SIGPIPE, SIG_DFL);
    if (::chdir(folder.c_str()) != 0) ::_exit(126);
    for (int descriptor = 3; descriptor < 256; ++descriptor) ::close(descriptor);
    set_up(STDIN_FILENO, in);
    set_up(STDOUT_FILENO, out);
    set_up(STDERR_FILENO, error);
    ::execv(NORMLAB_PROGRAM, list.data());
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(process, &status, 0);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

void write_spec(const std::filesystem::path& folder) {
  write_file(folder / "spec.json",
             R"({"name": "small",
                 "base": {"dataset": {"name": "synthetic", "train_limit": 200, "validation_limit": 100, "test_limit": 100}, "model": {"name": "mlp", "hidden": [8]},
                          "budget": {"steps": 2}},
                 "grid": {"norm": ["none", "layer"]}})");
}

}  // namespace

TEST_CASE("a standard error that cannot be written changes no exit status") {
  TemporaryFolder folder;
  for (const Stream error : bad_streams) {
    CAPTURE(static_cast<int>(error));
    CHECK(status_with(folder.path(), {"bogus"}, Stream::null, error) == 2);
    CHECK(status_with(folder.path(), {"report", "absent"}, Stream::null, error) == 2);
    CHECK(status_with(folder.path(), quick_run({"--steps", "1", "--out", "r.json"}), Stream::null, error) ==
          0);
    CHECK(std::filesystem::exists(folder.path() / "r.json"));
    std::filesystem::remove(folder.path() / "r.json");
  }
}

TEST_CASE("a sweep whose standard error cannot be written runs all of its runs") {
  for (const Stream error : bad_streams) {
    CAPTURE(static_cast<int>(error));
    TemporaryFolder folder;
    write_spec(folder.path());
    CHECK(status_with(folder.path(), {"sweep", "spec.json"}, Stream::null, error) == 0);
    CHECK(files_below(folder.path() / "results" / "small" / "runs").size() == 2);
  }
}

TEST_CASE("a standard output that cannot be written is exit status 1, for help and versions too") {
  TemporaryFolder folder;
  for (const Stream out : {Stream::full, Stream::broken}) {
    CAPTURE(static_cast<int>(out));
    for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
             {"--version"}, {"--help"}, {"run", "--help"}, {"completion", "bash"}, {"data", "list"}}) {
      CAPTURE(arguments.front());
      CHECK(status_with(folder.path(), arguments, out, Stream::null) == 1);
      CHECK(status_with(folder.path(), arguments, out, Stream::broken) == 1);
    }
  }
}

TEST_CASE("a full device under standard output is named, and a reader that has enough is not") {
  TemporaryFolder folder;
  CHECK(status_with(folder.path(), {"completion", "bash"}, Stream::full, Stream::file) == 1);
  CHECK(contains(read_file(folder.path() / "stream"), "standard output: No space left"));
  CHECK(status_with(folder.path(), {"completion", "bash"}, Stream::broken, Stream::file) == 1);
  CHECK(read_file(folder.path() / "stream").empty());
}

TEST_CASE("no file takes the place of a standard stream that is closed") {
  TemporaryFolder folder;
  write_spec(folder.path());
  CHECK(status_with(folder.path(), {"sweep", "spec.json"}, Stream::closed, Stream::closed, Stream::closed) ==
        0);
  const auto files = files_below(folder.path() / "results" / "small");
  CHECK(files.at("lock").empty());
  CHECK(files.contains("summary.csv"));
  std::size_t records = 0;
  for (const auto& [name, content] : files) records += name.starts_with("runs/") ? 1 : 0;
  CHECK(records == 2);
}
