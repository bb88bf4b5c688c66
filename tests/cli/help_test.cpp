// What the program says of itself: help, and the manual page.
#include <doctest/doctest.h>

#include "cli/program.h"

using namespace normlab::testing;

TEST_CASE("help of a command is what --help prints") {
  TemporaryFolder folder;
  const std::vector<std::vector<std::string>> commands{{}, {"run"}, {"data"}, {"data", "check"}, {"help"}};
  for (std::vector<std::string> words : commands) {
    std::vector<std::string> help = words;
    help.insert(help.begin(), "help");
    words.push_back("--help");
    const Outcome outcome = run_program(folder.path(), help);
    CHECK(outcome.status == 0);
    CHECK(outcome.out == run_program(folder.path(), words).out);
  }
}

TEST_CASE("help of a command that is none is refused, with the nearest name") {
  TemporaryFolder folder;
  const auto refusal = [&](const std::vector<std::string>& arguments) {
    const Outcome outcome = run_program(folder.path(), arguments);
    CHECK(outcome.status == 2);
    return outcome.error;
  };
  CHECK(contains(refusal({"help", "swep"}), "did you mean sweep?"));
  CHECK(contains(refusal({"help", "data", "chek"}), "did you mean check?"));
  CHECK(contains(refusal({"help", "run", "fast"}), "\"normlab run\" has no commands"));
  CHECK(contains(refusal({"help", "run-child"}), "unknown command"));
}

TEST_CASE("the manual page has every command, option and setting, and is sound roff") {
  TemporaryFolder folder;
  const Outcome outcome = run_program(folder.path(), {"man"});
  CHECK(outcome.status == 0);
  for (const char* text : {"\\fBnormlab data fetch\\fR", "\\fB\\-\\-batch\\-size\\fR",
                           "\\fBoptimizer.nesterov\\fR", ".SH EXIT STATUS", "\\fBNORMLAB_DATA_DIR\\fR",
                           "share/doc/normlab/docs/", "\\fBNORMLAB_RUNTIME_DIR\\fR"}) {
    CAPTURE(text);
    CHECK(contains(outcome.out, text));
  }
  CHECK_FALSE(contains(outcome.out, "run\\-child"));
  write_file(folder.path() / "normlab.1", outcome.out);
  for (const char* check : {"mandoc -Tlint -Werror", "groff -man -ww -z -Kutf8"}) {
    const std::string program = std::string(check).substr(0, std::string(check).find(' '));
    if (std::system(("command -v " + program + " > /dev/null").c_str()) != 0) {
      MESSAGE(program << " is not installed, and does not check the manual page");
      continue;
    }
    const std::string command = std::string(check) + " '" + (folder.path() / "normlab.1").string() + "' > '" +
                                (folder.path() / "said").string() + "' 2>&1";
    CHECK(std::system(command.c_str()) == 0);
    CHECK(read_file(folder.path() / "said") == "");
  }
}
