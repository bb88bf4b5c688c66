// What a shell offers when Tab is pressed: the program's answers, and the scripts in the shells themselves.
#include <doctest/doctest.h>
#include <poll.h>
#include <pty.h>

#include <algorithm>
#include <sstream>

#include "cli/program.h"

using namespace normlab::testing;

namespace {

// Every candidate for the word at the end of `line`, and the requests for paths.
std::vector<std::string> candidates(const TemporaryFolder& folder, const std::string& line) {
  write_file(folder.path() / "line", line);
  const std::string command =
      "cd '" + folder.path().string() + "' && '" + NORMLAB_PROGRAM + "' complete < line > answer";
  REQUIRE(std::system(command.c_str()) == 0);
  std::istringstream answer(read_file(folder.path() / "answer"));
  std::vector<std::string> words;
  for (std::string text; std::getline(answer, text);) {
    if (text.starts_with("@word\t")) continue;
    words.push_back(text.starts_with("@") ? text : text.substr(0, text.find('\t')));
  }
  return words;
}

bool offers(const TemporaryFolder& folder, const std::string& line, const std::string& word) {
  const std::vector<std::string> words = candidates(folder, line);
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_installed(const std::string& shell) {
  const bool found = std::system(("command -v " + shell + " > /dev/null").c_str()) == 0;
  if (!found) MESSAGE(shell << " is not installed, and its completion is not tested");
  return found;
}

// A shell at a terminal, in whose PATH the program is and whose prompt is "READY".
class Terminal {
 public:
  Terminal(const TemporaryFolder& folder, const std::vector<std::string>& shell) {
    const winsize size{50, 200, 0, 0};
    process_ = ::forkpty(&terminal_, nullptr, nullptr, &size);
    REQUIRE(process_ >= 0);
    if (process_ > 0) return;
    std::vector<char*> list;
    for (const std::string& text : shell) list.push_back(const_cast<char*>(text.c_str()));
    list.push_back(nullptr);
    const std::string bin = std::filesystem::path(NORMLAB_PROGRAM).parent_path().string();
    ::setenv("PATH", (bin + ":" + ::getenv("PATH")).c_str(), 1);
    ::setenv("HOME", folder.path().c_str(), 1);
    ::setenv("TERM", "dumb", 1);
    ::setenv("PS1", "READY", 1);
    if (::chdir(folder.path().c_str()) == 0) ::execvp(list[0], list.data());
    ::_exit(127);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() {
    ::kill(process_, SIGKILL);
    ::close(terminal_);
    ::waitpid(process_, nullptr, 0);
  }

  void type(const std::string& keys) {
    REQUIRE(::write(terminal_, keys.data(), keys.size()) == static_cast<ssize_t>(keys.size()));
  }
  // Reads until `end` has come; what stood before it, or everything when the shell ends or says nothing more.
  std::string read_until(const std::string& end) {
    while (seen_.find(end) == std::string::npos) {
      char buffer[4096];
      pollfd ready{terminal_, POLLIN, 0};
      if (::poll(&ready, 1, 60'000) != 1) break;
      const ssize_t count = ::read(terminal_, buffer, sizeof buffer);
      if (count <= 0) break;
      seen_.append(buffer, static_cast<std::size_t>(count));
    }
    const std::size_t found = seen_.find(end);
    const std::string before = seen_.substr(0, found);
    seen_.erase(0, found == std::string::npos ? found : found + end.size());
    return before;
  }
  // The command line that Tab makes of `keys`: it becomes the argument of a printf and is run.
  std::string completed(const std::string& keys) {
    constexpr const char* line_start = "\x01";  // Ctrl-A
    type(keys + "\t" + line_start + "printf '<%s>' \n");
    read_until("<normlab>");
    return read_until("READY");
  }

 private:
  pid_t process_ = -1;
  int terminal_ = -1;
  std::string seen_;
};

void check_at_a_terminal(Terminal& terminal) {
  CHECK(contains(terminal.completed("normlab sw"), "<sweep>"));
  CHECK(contains(terminal.completed("normlab run --norm la"), "<layer>"));
  CHECK(contains(terminal.completed("normlab run --norm=la"), "<--norm=layer>"));
  CHECK(contains(terminal.completed("normlab run --set optimizer.nes"), "<optimizer.nesterov=>"));
  CHECK(contains(terminal.completed("normlab run --set model=ls"), "<model=lstm>"));
  CHECK(contains(terminal.completed("normlab sweep s.json --set norm=none,la"), "<norm=none,layer>"));
  CHECK(contains(terminal.completed("normlab run --dataset text:bi"), "<text:bible>"));
  CHECK(contains(terminal.completed("normlab run --dataset text:a\\ no"), "<text:a novel.txt>"));
  CHECK(contains(terminal.completed("normlab report some"), "<some results"));
  CHECK(contains(terminal.completed("normlab show some\\ results/ru"), "<some results/run.json>"));
}

void make_files(const TemporaryFolder& folder) {
  std::filesystem::create_directory(folder.path() / "some results");
  write_file(folder.path() / "some results" / "run.json", "{}");
  write_file(folder.path() / "a novel.txt", "text");
}

}  // namespace

TEST_CASE("commands, options and arguments are completed where they may stand") {
  TemporaryFolder folder;
  CHECK(candidates(folder, "normlab sw") == std::vector<std::string>{"sweep"});
  CHECK(candidates(folder, "normlab data ch") == std::vector<std::string>{"check"});
  CHECK(candidates(folder, "normlab help data f") == std::vector<std::string>{"fetch"});
  CHECK(candidates(folder, "normlab run --batch-s") == std::vector<std::string>{"--batch-size"});
  CHECK(candidates(folder, "normlab bench ") == std::vector<std::string>{"kernels", "steps", "scaling"});
  CHECK(candidates(folder, "normlab data fetch b") == std::vector<std::string>{"brown", "bible"});
  CHECK(candidates(folder, "normlab report x --format ") ==
        std::vector<std::string>{"table", "markdown", "csv", "json", "html"});
  CHECK(candidates(folder, "normlab completion ") == std::vector<std::string>{"bash", "zsh", "fish"});
  CHECK(candidates(folder, "normlab sweep ") == std::vector<std::string>{"@files\t"});
  CHECK(candidates(folder, "normlab report ") == std::vector<std::string>{"@folders\t"});
  CHECK(candidates(folder, "normlab run --out=a") == std::vector<std::string>{"@files\t--out="});
  CHECK(offers(folder, "normlab ", "help"));
  CHECK_FALSE(offers(folder, "normlab ", "run-child"));
  CHECK(offers(folder, "normlab run ", "--epochs"));
}

TEST_CASE("settings and their values are completed, in a sweep also behind a comma") {
  TemporaryFolder folder;
  CHECK(offers(folder, "normlab run --set ", "norm.epsilon="));
  CHECK(offers(folder, "normlab run --set mod", "model.window="));
  CHECK(candidates(folder, "normlab run --set optimizer=adam") ==
        std::vector<std::string>{"optimizer=adam", "optimizer=adamw"});
  CHECK(candidates(folder, "normlab run --set model.bidirectional=") ==
        std::vector<std::string>{"model.bidirectional=true", "model.bidirectional=false"});
  CHECK(candidates(folder, "normlab run --set model.preset=p") ==
        std::vector<std::string>{"model.preset=paper"});
  CHECK(candidates(folder, "normlab sweep s.json --set 'norm=layer,ba") ==
        std::vector<std::string>{"norm=layer,batch"});
  CHECK(candidates(folder, "normlab run --set norm=layer,ba").empty());
  CHECK(candidates(folder, "normlab run --set=norm=la") == std::vector<std::string>{"--set=norm=layer"});
  CHECK(candidates(folder, "normlab run --set dataset=text:").back() == "@files\tdataset=text:");
}

TEST_CASE("data sets are completed by name, and by path behind their prefix") {
  TemporaryFolder folder;
  for (const char* line : {"normlab run --dataset ", "normlab data check "}) {
    CAPTURE(line);
    CHECK(candidates(folder, line) == std::vector<std::string>{"fashion-mnist", "mnist", "text:brown",
                                                               "text:bible", "idx:", "text:", "synthetic"});
  }
  CHECK(candidates(folder, "normlab run --dataset idx:") == std::vector<std::string>{"@folders\tidx:"});
}

TEST_CASE("bash completes at a terminal") {
  TemporaryFolder folder;
  make_files(folder);
  Terminal terminal(folder, {"bash", "--norc", "--noprofile", "-i"});
  terminal.read_until("READY");
  terminal.type("source <(normlab completion bash)\n");
  terminal.read_until("READY");
  check_at_a_terminal(terminal);
}

TEST_CASE("zsh completes at a terminal") {
  if (!is_installed("zsh")) return;
  TemporaryFolder folder;
  make_files(folder);
  Terminal terminal(folder, {"zsh", "-f", "-i"});
  terminal.read_until("READY");
  terminal.type("bindkey -e; autoload -U compinit; compinit -D -u; source <(normlab completion zsh)\n");
  terminal.read_until("READY");
  check_at_a_terminal(terminal);
}

TEST_CASE("fish completes") {
  if (!is_installed("fish")) return;
  TemporaryFolder folder;
  make_files(folder);
  const std::string bin = std::filesystem::path(NORMLAB_PROGRAM).parent_path().string();
  const auto completed = [&](const std::string& line) {
    write_file(folder.path() / "script", "normlab completion fish | source\ncomplete -C \"" + line + "\"\n");
    const std::string command = "cd '" + folder.path().string() + "' && HOME=\"$PWD\" PATH='" + bin +
                                "':\"$PATH\" fish --no-config script > completed";
    CHECK(std::system(command.c_str()) == 0);
    return read_file(folder.path() / "completed");
  };
  CHECK(contains(completed("normlab sw"), "sweep\tTrain every run"));
  CHECK(contains(completed("normlab sweep s.json --set norm=none,la"), "norm=none,layer\n"));
  CHECK(contains(completed("normlab run --dataset text:bi"), "text:bible"));
  CHECK(contains(completed("normlab run --dataset text:a"), "text:a novel.txt"));
  CHECK(contains(completed("normlab report some"), "some results/"));
}
