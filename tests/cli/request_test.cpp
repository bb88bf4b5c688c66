// What the program says to requests that cannot be, and to those that were meant otherwise.
#include <doctest/doctest.h>

#include <signal.h>

#include <algorithm>
#include <cstdlib>

#include "cli/program.h"

using namespace normlab::testing;

namespace {

const char* const small_spec =
    R"({"name": "small", "description": "Small.", "base": {"dataset": {"name": "synthetic", "train_limit": 500},
        "budget": {"steps": 2}}, "grid": {"model": [{"name": "mlp", "hidden": [7]}, "lstm"], "seed": [1]}})";

// Whether the program, and not the copy of the test that becomes it, catches the signal.
bool catches(pid_t process, int signal) {
  std::error_code ignored;
  const auto program = std::filesystem::read_symlink("/proc/" + std::to_string(process) + "/exe", ignored);
  if (!std::filesystem::equivalent(program, NORMLAB_PROGRAM, ignored)) return false;
  const std::string status = read_file("/proc/" + std::to_string(process) + "/status");
  const std::size_t caught = status.find("SigCgt:");
  return caught != status.npos &&
         (std::stoull(status.substr(caught + 7), nullptr, 16) >> (signal - 1) & 1) == 1;
}

}  // namespace

TEST_CASE("a sweep of too many runs is refused at once, and --max-runs lifts the limit") {
  TemporaryFolder folder;
  write_file(
      folder.path() / "spec.json",
      R"({"base": {"dataset": "synthetic"}, "grid": {"seed": "1..60000", "schedule.warmup_steps": [1, 2]}})");
  check_refused(folder.path(), {"sweep", "spec.json"}, {"grid: 120000 runs", "100000", "--max-runs"});
  check_refused(folder.path(), {"sweep", "spec.json", "--seed", "1..3", "--max-runs", "5"}, {"grid: 6 runs"});
  check_refused(folder.path(), {"sweep", "spec.json", "--max-runs", "0"}, {"max-runs: 0"});
  const Outcome listed =
      run_program(folder.path(), {"sweep", "spec.json", "--seed", "1..3", "--max-runs", "6", "--dry-run"});
  CHECK(listed.status == 0);
  CHECK(contains(listed.error, "6 runs"));
}

TEST_CASE("networks that no memory holds are refused with what they need and what there is") {
  TemporaryFolder folder;
  write_file(folder.path() / "spec.json", R"({"base": {"dataset": "synthetic", "model": "lstm"}})");
  for (const char* setting : {"model.layers=1e12", "model.hidden_size=1000000"}) {
    check_refused(folder.path(), {"sweep", "spec.json", "--set", setting},
                  {"model: ", "TB", "are available"});
    check_refused(folder.path(), {"run", "--dataset", "synthetic", "--model", "lstm", "--set", setting},
                  {"model: ", "TB", "are available"});
  }
  check_refused(folder.path(),
                {"run", "--dataset", "synthetic", "--model", "lstm", "--set", "model.layers=45000", "--set",
                 "model.hidden_size=1000", "--out", "new/record.json"},
                {"model: ", "TB of memory", "are available"});
}

TEST_CASE("a budget below a step, and windows that overflow, are refused") {
  TemporaryFolder folder;
  check_refused(folder.path(), {"run", "--dataset", "synthetic", "--epochs", "1e-12"},
                {"budget.epochs: 1e-12", "one step is"});
  write_file(folder.path() / "text.txt", std::string(400, 'a') + std::string(400, 'b'));
  const std::string most = "1099511627776";
  check_refused(folder.path(),
                {"run", "--dataset", "text:text.txt", "--model", "lstm", "--batch-size", most, "--set",
                 "model.window=" + most},
                {"dataset.path", most, "too short"});
}

TEST_CASE("options and settings as they are called elsewhere are refused with their names here") {
  TemporaryFolder folder;
  write_file(folder.path() / "spec.json", small_spec);
  write_file(folder.path() / "novel.txt", "text");
  check_refused(folder.path(), {"run", "--lr", "0.1"}, {"--lr", "did you mean --learning-rate?"});
  check_refused(folder.path(), {"run", "--bs=4"}, {"did you mean --batch-size?"});
  check_refused(folder.path(), {"run", "--hidden-size", "4"}, {"did you mean --set model.hidden_size=…?"});
  check_refused(folder.path(), {"run", "lr=0.1"}, {"did you mean --set optimizer.learning_rate=0.1?"});
  check_refused(folder.path(), {"run", "--set", "lr=0.1"}, {"did you mean \"optimizer.learning_rate\"?"});
  check_refused(folder.path(), {"run", "--norm", "ln"}, {"did you mean \"layer\"?"});
  check_refused(folder.path(), {"run", "--dataset", "novel.txt"}, {"did you mean \"text:novel.txt\"?"});
  check_refused(folder.path(), {"run", "--dataset", "bible"}, {"did you mean \"text:bible\"?"});
  check_refused(folder.path(), {"sweep", "spec.json", "--norm", "layer"}, {"did you mean --set norm=…?"});
  check_refused(folder.path(), {"sweep", "spec.json", "--lr", "1"},
                {"did you mean --set optimizer.learning_rate=…?"});
}

TEST_CASE("a model that the shell chooses is the spec's, and the results say what was changed") {
  TemporaryFolder folder;
  write_file(folder.path() / "spec.json", small_spec);
  const Outcome sweep = run_program(
      folder.path(), {"sweep", "spec.json", "--set", "model=mlp", "--seed", "1..2", "--jobs", "1"});
  CHECK(sweep.status == 0);
  const std::string spec = read_file(folder.path() / "results/small/sweep.json");
  CHECK(contains(spec, "Small. (changed: seed = 1..2; model = mlp)"));
  CHECK(contains(spec, "7"));
  write_file(folder.path() / "config.json",
             R"({"dataset": "synthetic", "model": {"name": "mlp", "hidden": [7]}, "budget": {"steps": 2}})");
  CHECK(run_program(folder.path(), {"run", "--config", "config.json", "--model", "mlp", "--out", "r.json"})
            .status == 0);
  CHECK(contains(read_file(folder.path() / "r.json"), "\"parameters\": 5575"));
}

TEST_CASE("evaluation that costs more than training is warned of once, before a sweep and a run") {
  TemporaryFolder folder;
  write_file(folder.path() / "spec.json",
             R"({"base": {"dataset": {"name": "synthetic", "train_limit": 50}}, "grid": {"seed": [1, 2]}})");
  const auto warnings = [&](const std::vector<std::string>& arguments) {
    const std::string text = run_program(folder.path(), arguments).error;
    std::size_t count = 0, at = 0;
    while ((at = text.find("evaluation costs more than training", at)) != text.npos) ++count, ++at;
    return count;
  };
  CHECK(warnings({"sweep", "spec.json", "--dry-run"}) == 1);
  CHECK(warnings({"sweep", "spec.json", "--dry-run", "--set", "dataset.validation_limit=50"}) == 0);
  CHECK(warnings({"run", "--dataset", "synthetic", "--train-limit", "50", "--steps", "1"}) == 1);
}

TEST_CASE("a signal during set-up ends run and sweep at once, with nothing left behind") {
  TemporaryFolder folder;
  write_file(folder.path() / "spec.json",
             R"({"base": {"dataset": "synthetic"}, "grid": {"seed": "1..1000000"}})");
  // Orthogonal weights of that size take minutes to draw.
  const std::vector<std::string> run{"run",
                                     "--dataset",
                                     "synthetic",
                                     "--model",
                                     "rnn",
                                     "--set",
                                     "model.hidden_size=3000",
                                     "--out",
                                     "new/folder/record.json"};
  const std::vector<std::string> sweep{"sweep", "spec.json", "--max-runs", "1000000"};
  for (const auto& arguments : {run, sweep}) {
    for (const int signal : {SIGINT, SIGTERM}) {
      const auto before = files_below(folder.path());
      Program program(folder.path(), arguments);
      CHECK(wait_until([&] { return catches(program.process(), SIGTERM); }));
      if (arguments == run) CHECK(wait_until([&] { return files_below(folder.path()) != before; }));
      program.send(signal);
      CHECK(program.wait().status == 130);
      CHECK(files_below(folder.path()) == before);
    }
  }
}

TEST_CASE("a flag is refused a value, in every command") {
  TemporaryFolder folder;
  write_file(folder.path() / "spec.json", small_spec);
  // What is wrong with some beside the flag keeps a program that takes it from starting work.
  const std::vector<std::vector<std::string>> requests{{"run", "--batch-size", "0", "--quiet=5"},
                                                       {"run", "--batch-size", "0", "--again=maybe"},
                                                       {"run", "--batch-size", "0", "--no-shuffle=off"},
                                                       {"run", "--batch-size", "0", "--quiet="},
                                                       {"run", "--help=x"},
                                                       {"--version=3"},
                                                       {"sweep", "spec.json", "--dry-run=x"},
                                                       {"bench", "--seconds", "0", "--quiet=yes"},
                                                       {"data", "list", "--help=x"}};
  for (const std::vector<std::string>& request : requests) {
    const std::string flag = request.back().substr(0, request.back().find('='));
    check_refused(folder.path(), request, {flag + ": it takes no value"});
  }
}

TEST_CASE("an empty value is refused and does not stand for the default") {
  TemporaryFolder folder;
  write_file(folder.path() / "spec.json", small_spec);
  for (const char* option : {"--out", "--config", "--checkpoint", "--save-parameters",
                             "--save-initial-parameters", "--load-parameters", "--checkpoint-seconds"})
    check_refused(folder.path(), quick_run({option, ""}), {": \"\" is not allowed"});
  for (const char* option : {"--out", "--jobs", "--threads", "--seed", "--max-runs"})
    check_refused(folder.path(), {"sweep", "spec.json", option, ""},
                  {std::string(option).substr(2) + ": \"\" is not allowed"});
  check_refused(folder.path(), {"bench", "--json", ""}, {"json: \"\" is not allowed"});
  // Not the argument that follows.
  check_refused(folder.path(), {"sweep", "spec.json", "--out=", "--dry-run"}, {"out: \"\" is not allowed"});
  check_refused(folder.path(), quick_run({"--steps=", "--batch-size=4"}), {"\"\" is not allowed"});
  check_refused(folder.path(), {"report", ""}, {"\"\" is not allowed"});
}

TEST_CASE("data sets under nearly their names are refused with the names that they have") {
  TemporaryFolder folder;
  check_refused(folder.path(), {"data", "fetch", "Bible"}, {"did you mean \"bible\"?"});
  check_refused(folder.path(), {"data", "fetch", "MNIST"}, {"did you mean \"mnist\"?"});
  check_refused(folder.path(), {"data", "fetch", "text:Bible"}, {"did you mean \"text:bible\"?"});
  check_refused(folder.path(), {"data", "fetch", "fashion-mnist"},
                {"not fetched", "package dataset-fashion-mnist"});
  check_refused(folder.path(), {"data", "fetch", "synthetic"}, {"generated", "no fetching"});
  check_refused(folder.path(), {"run", "--model", "lstm", "--dataset", "text:Bible"},
                {"dataset.path: \"Bible\"", "did you mean \"text:bible\"?"});
}

TEST_CASE(
    "specs and records in each other's place, and files without an option, are refused with what takes "
    "them") {
  TemporaryFolder folder;
  write_file(folder.path() / "spec.json", small_spec);
  write_file(folder.path() / "record.json", R"({"schema": "normlab.run/2", "config": {}})");
  check_refused(folder.path(), {"run", "--config", "spec.json"},
                {"a sweep's spec", "\"normlab sweep spec.json\" runs it"});
  check_refused(folder.path(), {"sweep", "record.json"},
                {"a run's record", "\"normlab run --config record.json\" repeats it"});
  check_refused(folder.path(), {"run", "spec.json"}, {"--config spec.json", "\"normlab sweep spec.json\""});
}

TEST_CASE("several values in a run are refused with the sweep that takes them") {
  TemporaryFolder folder;
  check_refused(folder.path(), {"run", "--norm", "none,layer"}, {"norm: ", "--set norm=none,layer"});
  check_refused(folder.path(), {"run", "--seed", "1..3"}, {"seed: ", "--set seed=1..3"});
  check_refused(folder.path(), {"run", "--batch-size", "4,32"}, {"batch_size: ", "--set batch_size=4,32"});
  check_refused(folder.path(), {"run", "--set", "seed=1..3"}, {"set: ", "makes a sweep"});
  check_refused(folder.path(), {"run", "--dataset", "idx:a,b"}, {"dataset.path", "a,b", "does not exist"});
}

TEST_CASE("beginnings, single letters and other programs' names are refused with what they mean here") {
  TemporaryFolder folder;
  write_file(folder.path() / "spec.json", small_spec);
  check_refused(folder.path(), {"run", "--batch", "32"}, {"did you mean --batch-size?"});
  check_refused(folder.path(), {"sweep", "spec.json", "--batch", "32"}, {"did you mean --set batch_size=…?"});
  check_refused(folder.path(), {"run", "-q"}, {"did you mean --quiet?"});
  check_refused(folder.path(), {"-V"}, {"did you mean --version?"});
  check_refused(folder.path(), {"version"}, {"did you mean --version?"});
  check_refused(folder.path(), {"run", "--init", "xavier"}, {"did you mean \"glorot\"?"});
  check_refused(folder.path(), {"run", "--init", "kaiming"}, {"did you mean \"he\"?"});
  check_refused(folder.path(), {"report", ".", "--format", "md"}, {"did you mean \"markdown\"?"});
  check_refused(folder.path(), {"run", "--target", "accuracy>=0.9"},
                {"target: ", "METRIC one of loss, error"});
}

TEST_CASE("an experiment that came with the program is refused with the path that it has") {
  TemporaryFolder folder;
  check_refused(folder.path(), {"sweep", "experiments/quick.json"},
                {NORMLAB_SOURCE_DIR "/experiments/quick.json"});
  check_refused(folder.path(), {"sweep", "elsewhere/quick.json"}, {"cannot be opened"});
  // An installed program knows those beside it.
  std::filesystem::create_directories(folder.path() / "bin");
  std::filesystem::create_directories(folder.path() / "share/normlab/experiments");
  std::filesystem::copy_file(NORMLAB_PROGRAM, folder.path() / "bin/normlab");
  write_file(folder.path() / "share/normlab/experiments/mine.json", small_spec);
  const std::string command =
      "cd '" + folder.path().string() + "' && bin/normlab sweep experiments/mine.json 2> said";
  CHECK(WEXITSTATUS(std::system(command.c_str())) == 2);
  CHECK(contains(
      read_file(folder.path() / "said"),
      "comes with normlab is " +
          (std::filesystem::canonical(folder.path()) / "share/normlab/experiments/mine.json").string()));
}

TEST_CASE("the runs of a sweep are refused in place of its folder, by the report and by the figures") {
  TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "results/quick/runs");
  for (const char* runs : {"results/quick/runs", "results/quick/runs/"})
    check_refused(folder.path(), {"report", runs}, {"did you mean \"results/quick\"?"});
  check_refused(folder.path() / "results/quick", {"report", "runs"}, {"did you mean \".\"?"});
  if (std::system("command -v python3 > /dev/null") != 0) {
    MESSAGE("python3 is not installed, and does not check plot.py");
    return;
  }
  const std::string command = "cd '" + folder.path().string() +
                              "' && python3 '" NORMLAB_SOURCE_DIR
                              "/scripts/plot.py' results/quick/runs 2> said";
  CHECK(WEXITSTATUS(std::system(command.c_str())) == 2);
  CHECK(contains(read_file(folder.path() / "said"), "did you mean \"results/quick\"?"));
}
