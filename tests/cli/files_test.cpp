// Files under awkward names, of awkward kinds and with awkward content.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>

#include "cli/program.h"

using namespace normlab::testing;

namespace {

namespace filesystem = std::filesystem;

void check_briefly_refused(const filesystem::path& folder, const std::vector<std::string>& arguments,
                           const std::vector<std::string>& words) {
  CAPTURE(arguments.front().substr(0, 40));
  CAPTURE(arguments.back().substr(0, 40));
  const Outcome outcome = run_program(folder, arguments);
  CAPTURE(outcome.error.substr(0, 600));
  CHECK(outcome.status == 2);
  CHECK(outcome.error.size() < 600);
  CHECK(std::count(outcome.error.begin(), outcome.error.end(), '\n') == 1);
  CHECK_FALSE(contains(outcome.error, "\x1b"));
  for (const std::string& word : words) CHECK(contains(outcome.error, word));
}

std::string deep_array() {
  return std::string(400000, '[') + std::string(400000, ']');
}

constexpr const char* two_steps_spec =
    R"({"base": {"dataset": {"name": "synthetic", "train_limit": 200, "validation_limit": 100, "test_limit": 100}, "model": {"name": "mlp", "hidden": [8]},
                 "budget": {"steps": 2}}})";

}  // namespace

TEST_CASE("files that a run would write over each other are refused under all of their names") {
  TemporaryFolder folder;
  const filesystem::path& here = folder.path();
  filesystem::create_directory(here / "real");
  filesystem::create_symlink("real", here / "link");
  filesystem::create_symlink("r.json", here / "dangling");
  write_file(here / "one", "1");
  filesystem::create_hard_link(here / "one", here / "other");
  const auto before = files_below(here);
  const auto refused = [&](const std::vector<std::string>& options, const std::vector<std::string>& words) {
    check_briefly_refused(here, quick_run(options), words);
  };
  refused({"--out", "r.json", "--checkpoint", "./r.json"}, {"checkpoint: \"./r.json\"", "out"});
  refused({"--out", "r.json", "--save-parameters", "real/../r.json"}, {"save-parameters: ", "out"});
  refused({"--out", "r.json", "--save-parameters", (here / "r.json").string()}, {"save-parameters: ", "out"});
  refused({"--out", "r.json", "--save-parameters", "r.checkpoint"}, {"save-parameters: ", "checkpoint"});
  refused({"--out", "r.json", "--save-initial-parameters", "dangling"}, {"save-initial-parameters: ", "out"});
  refused({"--out", "real/r.json", "--save-parameters", "link/r.json"}, {"save-parameters: ", "out"});
  refused({"--out", "real/new/r.json", "--checkpoint", "link/new/r.json"}, {"checkpoint: ", "out"});
  refused({"--save-parameters", "one", "--save-initial-parameters", "other"},
          {"save-parameters: ", "save-initial-parameters"});
  CHECK(files_below(here) == before);
}

TEST_CASE("files that a run reads are not written over") {
  TemporaryFolder folder;
  const filesystem::path& here = folder.path();
  write_file(here / "config.json", R"({"dataset": "synthetic", "budget": {"steps": 1}})");
  write_file(here / "text.txt", std::string(5000, 'a') + std::string(5000, 'b'));
  CHECK(run_program(here, quick_run({"--steps", "1", "--out", "r.json", "--save-parameters", "p"})).status ==
        0);
  filesystem::create_symlink("p", here / "q");
  const auto before = files_below(here);
  check_briefly_refused(here, {"run", "--config", "config.json", "--out", "./config.json"},
                        {"out: ", "config.json"});
  check_briefly_refused(here, {"run", "--config", "config.json", "--save-parameters", "./config.json"},
                        {"save-parameters: ", "config"});
  check_briefly_refused(here, quick_run({"--load-parameters", "p", "--save-parameters", "q"}),
                        {"save-parameters: ", "initial_parameters"});
  check_briefly_refused(here,
                        {"run", "--dataset", "text:text.txt", "--model", "rnn", "--checkpoint", "./text.txt"},
                        {"checkpoint: ", "dataset.path"});
  CHECK(files_below(here) == before);
}

TEST_CASE("JSON nested 400,000 deep is refused in one sentence wherever it is read") {
  TemporaryFolder folder;
  const filesystem::path& here = folder.path();
  write_file(here / "deep.json", deep_array());
  write_file(here / "spec.json", two_steps_spec);
  filesystem::create_directories(here / "results" / "runs");
  write_file(here / "results" / "sweep.json", deep_array());
  check_briefly_refused(here, {"run", "--config", "deep.json"}, {"deep.json", "nested"});
  check_briefly_refused(here, {"sweep", "deep.json"}, {"deep.json", "nested"});
  check_briefly_refused(here, quick_run({"--out", "deep.json"}), {"deep.json"});
  check_briefly_refused(here, {"show", "deep.json"}, {"deep.json"});
  // As deep as one argument can be.
  const std::string value = std::string(60000, '[') + std::string(60000, ']');
  check_briefly_refused(here, quick_run({"--set", "model.hidden=" + value}), {"nested"});
  check_briefly_refused(here, {"sweep", "spec.json", "--set", "model.hidden=" + value}, {"nested"});
  std::string path = "a";
  while (path.size() < 100000) path += ".a";
  check_briefly_refused(here, quick_run({"--set", path + "=1"}), {"a.a"});
  CHECK(read_file(here / "deep.json") == deep_array());
  // In a sweep's own place it is damage like any other.
  CHECK(run_program(here, {"sweep", "spec.json", "--out", "results"}).status == 0);
  CHECK(read_file(here / "results" / "sweep.json.damaged-1") == deep_array());
}

TEST_CASE("refusals quote little of what they refuse, and no control characters") {
  TemporaryFolder folder;
  const std::string long_text(100000, 'x');
  for (const std::string& text : {long_text, std::string("\x1b[2J\x07")}) {
    write_file(folder.path() / "config.json", "{\"norm\": \"" + long_text + "\"}");
    write_file(folder.path() / "key.json", "{\"" + long_text + "\": 1}");
    for (const std::vector<std::string>& arguments :
         std::vector<std::vector<std::string>>{{text},
                                               {"run", text},
                                               {"run", "--" + text},
                                               {"run", "--norm", text},
                                               {"run", "--target", text},
                                               {"run", "--learning-rate", text},
                                               {"run", "--set", text},
                                               {"run", "--set", text + "=1"},
                                               {"run", "--set", "dataset=text:" + text, "--model", "rnn"},
                                               {"run", "--checkpoint-seconds", text},
                                               {"run", "--config", text},
                                               {"run", "--config", "config.json"},
                                               {"run", "--config", "key.json"},
                                               {"sweep", text},
                                               {"sweep", "--jobs", text, "config.json"},
                                               {"report", text},
                                               {"show", text},
                                               {"data", "check", text},
                                               {"completion", text},
                                               {"bench", text},
                                               {"bench", "--json", text + "/x"},
                                               {"run", "--quiet=" + text},
                                               {"bench", "--seconds", text}}) {
      check_briefly_refused(folder.path(), arguments, {});
    }
  }
}

TEST_CASE("a pipe or a device in place of a file is refused, and nothing waits for it") {
  TemporaryFolder folder;
  const filesystem::path& here = folder.path();
  REQUIRE(::mkfifo((here / "pipe").c_str(), 0600) == 0);
  for (const std::string file : {"pipe", "/dev/zero"}) {
    check_briefly_refused(here, {"run", "--config", file}, {file, "device or a pipe"});
    check_briefly_refused(here, {"sweep", file}, {file, "device or a pipe"});
    check_briefly_refused(here, {"show", file}, {file, "device or a pipe"});
    check_briefly_refused(here, quick_run({"--load-parameters", file}), {file, "device or a pipe"});
    check_briefly_refused(here, {"run", "--dataset", "text:" + file, "--model", "rnn"},
                          {file, "regular file"});
    check_briefly_refused(here, quick_run({"--out", file}), {file, "device or a pipe"});
  }
}

TEST_CASE("names that begin with a dash are names") {
  TemporaryFolder folder;
  write_file(folder.path() / "spec.json", two_steps_spec);
  CHECK(run_program(folder.path(), quick_run({"--steps", "1", "--out=-r.json"})).status == 0);
  CHECK(filesystem::is_regular_file(folder.path() / "-r.json"));
  CHECK(run_program(folder.path(), {"sweep", "spec.json", "--out=-dash"}).status == 0);
  CHECK(filesystem::is_regular_file(folder.path() / "-dash" / "summary.json"));
}

TEST_CASE("names that are not UTF-8 work where no record holds them, and are refused where one would") {
  TemporaryFolder folder;
  const filesystem::path& here = folder.path();
  write_file(here / "spec.json", two_steps_spec);
  const std::string name = "\xff\xfe";
  CHECK(
      run_program(here, quick_run({"--steps", "1", "--out", name, "--save-parameters", name + "p"})).status ==
      0);
  CHECK(filesystem::is_regular_file(here / name));
  CHECK(run_program(here, {"show", name}).status == 0);
  const Outcome sweep = run_program(here, {"sweep", "spec.json", "--out", name + "s"});
  CAPTURE(sweep.error);
  CHECK(sweep.status == 0);
  CHECK(run_program(here, {"report", name + "s", "--format", "json"}).status == 0);
  check_briefly_refused(here, quick_run({"--load-parameters", name + "p"}), {"UTF-8"});
  check_briefly_refused(here, {"run", "--dataset", "text:" + name, "--model", "rnn"}, {"UTF-8"});
  check_briefly_refused(here, quick_run({"--set", "initial_parameters=" + name}), {"UTF-8"});
  check_briefly_refused(here, {"run", "--config", name + "absent"}, {"\\xff\\xfe"});
}

TEST_CASE("names that are too long, and links that go round, are refused before training") {
  TemporaryFolder folder;
  filesystem::create_symlink("b", folder.path() / "a");
  filesystem::create_symlink("a", folder.path() / "b");
  check_briefly_refused(folder.path(), quick_run({"--save-parameters", std::string(300, 'x')}),
                        {"save-parameters: "});
  check_briefly_refused(folder.path(), quick_run({"--out", "a"}), {"out: \"a\""});
}

TEST_CASE("a record goes where a symbolic link points") {
  TemporaryFolder folder;
  const filesystem::path& here = folder.path();
  filesystem::create_directory(here / "elsewhere");
  filesystem::create_symlink("elsewhere/record.json", here / "r.json");
  for (int time = 0; time < 2; ++time) {
    filesystem::remove(here / "elsewhere" / "record.json");
    CHECK(run_program(here, quick_run({"--steps", "1", "--out", "r.json"})).status == 0);
    CHECK(filesystem::is_symlink(here / "r.json"));
    CHECK(filesystem::is_regular_file(here / "elsewhere" / "record.json"));
  }
}
