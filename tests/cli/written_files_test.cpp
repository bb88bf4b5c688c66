// What a run writes, where it cannot be written: nothing that was found is lost.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "cli/program.h"

using namespace normlab::testing;
using nlohmann::json;

namespace {

namespace filesystem = std::filesystem;

// Its parameters and checkpoints take more than 60 KB, its record less.
constexpr rlim_t small_disk = 60'000;
std::vector<std::string> wide_run(const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments = quick_run({"--set", "model.hidden=[32]", "--out", "r.json"});
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

Outcome run_on_small_disk(const filesystem::path& folder, const std::vector<std::string>& arguments) {
  return Program(folder, arguments, small_disk).wait();
}

std::string status_in(const filesystem::path& record) {
  return json::parse(read_file(record)).at("status").get<std::string>();
}

// A run that takes a while, with a checkpoint at nearly every step.
std::vector<std::string> slow_run(const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"run",
                                     "--dataset",
                                     "synthetic",
                                     "--train-limit",
                                     "500",
                                     "--set",
                                     "model.hidden=[8]",
                                     "--batch-size",
                                     "2",
                                     "--evaluate-every",
                                     "5",
                                     "--epochs",
                                     "30",
                                     "--checkpoint-seconds",
                                     "0.01",
                                     "--out",
                                     "r.json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

// A run that gets SIGINT once it has a checkpoint.
Outcome interrupted_run(const filesystem::path& folder, const std::vector<std::string>& arguments,
                        const filesystem::path& checkpoint) {
  Program program(folder, arguments);
  REQUIRE(wait_until([&] { return filesystem::exists(folder / checkpoint); }));
  program.send(SIGINT);
  Outcome outcome = program.wait();
  CAPTURE(outcome.error);
  REQUIRE(outcome.status == 130);
  return outcome;
}

}  // namespace

TEST_CASE("parameters that cannot be saved take nothing from the run's record") {
  TemporaryFolder folder;
  const filesystem::path& here = folder.path();
  const Outcome outcome = run_on_small_disk(here, wide_run({"--save-parameters", "p.safetensors"}));
  CAPTURE(outcome.error);
  CHECK(outcome.status == 1);
  CHECK(contains(outcome.error, "cannot write"));
  CHECK(contains(outcome.error, "the record is kept"));
  CHECK(contains(outcome.out, "finished"));
  CHECK(status_in(here / "r.json") == "finished");
  CHECK_FALSE(filesystem::exists(here / "p.safetensors"));
}

TEST_CASE("a sweep counts a run whose parameters cannot be saved as ended, and says so at its end") {
  TemporaryFolder folder;
  const filesystem::path& here = folder.path();
  write_file(
      here / "s.json",
      R"({"name": "s", "base": {"dataset": {"name": "synthetic", "train_limit": 200, "validation_limit": 100, "test_limit": 100},
                "model": {"hidden": [32]}, "budget": {"steps": 5}}})");
  const Outcome outcome = run_on_small_disk(here, {"sweep", "s.json", "--out", "out", "--save-parameters"});
  CAPTURE(outcome.error);
  CHECK(outcome.status == 1);
  CHECK(contains(outcome.error, "cannot write"));
  CHECK(contains(outcome.error, "the parameters of 1 of 1 runs could not be saved"));
  CHECK_FALSE(contains(outcome.error, "failed"));
  CHECK(status_in(filesystem::directory_iterator(here / "out" / "runs")->path()) == "finished");
}

TEST_CASE("a checkpoint on the way that cannot be written is one warning, and the run goes on") {
  TemporaryFolder folder;
  const Outcome outcome = run_on_small_disk(folder.path(), wide_run({"--checkpoint-seconds", "0.001"}));
  CAPTURE(outcome.error);
  CHECK(outcome.status == 0);
  const std::size_t first = outcome.error.find("warning: cannot write");
  CHECK(first != std::string::npos);
  CHECK(outcome.error.find("warning: cannot write", first + 1) == std::string::npos);
  CHECK(status_in(folder.path() / "r.json") == "finished");
}

TEST_CASE("a run whose record cannot be written leaves a checkpoint of its end") {
  TemporaryFolder folder;
  const filesystem::path& here = folder.path();
  filesystem::create_directory(here / "records");
  // The folder goes while the run is under way.
  Program program(here, slow_run({"--out", "records/r.json", "--checkpoint", "c.checkpoint"}));
  REQUIRE(wait_until([&] { return filesystem::exists(here / "c.checkpoint"); }));
  filesystem::rename(here / "records", here / "gone");
  const Outcome lost = program.wait();
  CAPTURE(lost.error);
  CHECK(lost.status == 1);
  CHECK(contains(lost.error, "is of the run's end"));
  const Outcome again =
      run_program(here, slow_run({"--out", "records/r.json", "--checkpoint", "c.checkpoint"}));
  CAPTURE(again.error);
  CHECK(again.status == 0);
  CHECK_FALSE(contains(again.error, "epoch "));  // nothing was left to train
  CHECK(status_in(here / "records" / "r.json") == "finished");
  CHECK_FALSE(filesystem::exists(here / "c.checkpoint"));
}

TEST_CASE("an interrupted repeat leaves the finished record, and is continued from its checkpoint") {
  TemporaryFolder folder;
  const filesystem::path& here = folder.path();
  REQUIRE(run_program(here, slow_run()).status == 0);
  const std::string before = read_file(here / "r.json");
  const Outcome interrupted = interrupted_run(here, slow_run({"--again"}), "r.checkpoint");
  CHECK(contains(interrupted.error, "the checkpoint is r.checkpoint"));
  CHECK(contains(interrupted.error, "r.json is still the record"));
  CHECK(read_file(here / "r.json") == before);
  CHECK(run_program(here, slow_run({"--again"})).status == 0);
  const json repeated = json::parse(read_file(here / "r.json"));
  CHECK(repeated["status"] == "finished");
  CHECK(repeated["resumed"] == 1);
  CHECK(repeated["test"] == json::parse(before)["test"]);
}

TEST_CASE("names that differ behind a dot have checkpoints of their own") {
  TemporaryFolder folder;
  interrupted_run(folder.path(), slow_run({"--out", "p-0.1"}), "p-0.1.checkpoint");
}

TEST_CASE("the checkpoint of another run is refused, and stays") {
  TemporaryFolder folder;
  const filesystem::path& here = folder.path();
  interrupted_run(here, slow_run({"--checkpoint", "c"}), "c");
  const std::string id = json::parse(read_file(here / "r.json"))["id"];
  check_refused(here, slow_run({"--checkpoint", "c", "--norm", "layer", "--out", "new/other.json"}),
                {"checkpoint: \"c\"", "another run (" + id + ")"});
}

TEST_CASE("what is no checkpoint is refused in the place of one, and stays as it is") {
  TemporaryFolder folder;
  const filesystem::path& here = folder.path();
  write_file(here / "notes.checkpoint", "somebody's notes on normlab.checkpoint/2");
  write_file(here / "empty", "");
  filesystem::create_directory(here / "folder");
  filesystem::create_symlink("/dev/null", here / "device");
  const auto refused = [&](const char* checkpoint, const char* words) {
    check_refused(here, quick_run({"--out", "r.json", "--checkpoint", checkpoint}), {"checkpoint: ", words});
  };
  refused("notes.checkpoint", "no checkpoint of normlab");
  refused("empty", "no checkpoint of normlab");
  refused("folder", "folder");
  refused("device", "a device or a pipe");
  // Not among the files that check_refused() reads.
  TemporaryFolder elsewhere;
  const std::string pipe = (elsewhere.path() / "pipe").string();
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  refused(pipe.c_str(), "a device or a pipe");
  CHECK(filesystem::is_fifo(pipe));
}

TEST_CASE("a symbolic link to a checkpoint stays, and the file that it names is written and set aside") {
  TemporaryFolder folder;
  const filesystem::path& here = folder.path();
  filesystem::create_directory(here / "store");
  filesystem::create_symlink("store/real.checkpoint", here / "r.checkpoint");
  interrupted_run(here, slow_run(), "store/real.checkpoint");
  write_file(here / "store" / "real.checkpoint",
             read_file(here / "store" / "real.checkpoint").substr(0, 100));
  const Outcome outcome = run_program(here, slow_run());
  CAPTURE(outcome.error);
  CHECK(outcome.status == 0);
  CHECK(contains(outcome.error, "real.checkpoint.damaged-1"));
  CHECK(filesystem::is_symlink(here / "r.checkpoint"));
  CHECK(filesystem::exists(here / "store" / "real.checkpoint.damaged-1"));
  CHECK_FALSE(filesystem::exists(here / "store" / "real.checkpoint"));
}

TEST_CASE("parameters are not saved over the data, nor over what holds no parameters") {
  TemporaryFolder folder;
  const filesystem::path& here = folder.path();
  filesystem::create_directory(here / "data");
  for (const std::string part : {"train", "t10k"}) {
    write_file(here / "data" / (part + "-images-idx3-ubyte"), "images");
    write_file(here / "data" / (part + "-labels-idx1-ubyte"), "labels");
    filesystem::create_hard_link(here / "data" / (part + "-labels-idx1-ubyte"), here / (part + "-link"));
  }
  write_file(here / "notes", "somebody's notes, and more than eight bytes");
  filesystem::create_directory(here / "folder");
  for (const std::string option : {"save-parameters", "save-initial-parameters"}) {
    for (const char* file :
         {"data/train-images-idx3-ubyte", "data/t10k-images-idx3-ubyte", "train-link", "t10k-link"})
      check_refused(here, {"run", "--dataset", "idx:data", "--" + option, file},
                    {option + ": ", "file of dataset.path"});
    check_refused(here, quick_run({"--" + option, "notes"}), {option + ": ", "holds no parameters"});
    check_refused(here, quick_run({"--" + option, "folder"}), {option + ": ", "folder"});
  }
  // A file of parameters is replaced by others.
  for (int time = 0; time < 2; ++time) {
    filesystem::remove(here / "r.json");
    CHECK(run_program(here, quick_run({"--out", "r.json", "--save-parameters", "p"})).status == 0);
  }
}

TEST_CASE("a pipe or a device that would be written is refused at once, except /dev/null") {
  TemporaryFolder folder, elsewhere;
  const std::string pipe = (elsewhere.path() / "pipe").string();
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  for (const std::string& file : {pipe, std::string("/dev/full")}) {
    for (const std::string option : {"save-parameters", "save-initial-parameters"})
      check_refused(folder.path(), quick_run({"--" + option, file}), {option + ": ", "a device or a pipe"});
    check_refused(folder.path(), {"bench", "--json", file}, {"json: ", "a device or a pipe"});
  }
  const Outcome null = run_program(folder.path(), quick_run({"--save-parameters", "/dev/null"}));
  CAPTURE(null.error);
  CHECK(null.status == 0);
}

TEST_CASE("a signal ends a command that has nothing to keep with status 130") {
  TemporaryFolder folder;
  Program program(folder.path(), {"bench", "kernels", "--no-limits", "--seconds", "5"});
  REQUIRE(wait_until([&] { return contains(program.error_so_far(), "measuring"); }));
  program.send(SIGINT);
  CHECK(program.wait().status == 130);
}
