// Sweeps beside one another: the machine's cores, and folders.
#include <doctest/doctest.h>

#include <memory>
#include <set>

#include "cli/small_sweep.h"
#include "normlab/experiment/process/cores.h"

using namespace normlab::testing;

namespace {

// For as long as it lives, programs of the test share out the machine's cores among themselves.
class SharedRuntimeFolder {
 public:
  explicit SharedRuntimeFolder(const std::filesystem::path& folder) {
    ::setenv("NORMLAB_RUNTIME_DIR", folder.c_str(), 1);
  }
  ~SharedRuntimeFolder() { ::unsetenv("NORMLAB_RUNTIME_DIR"); }
  SharedRuntimeFolder(const SharedRuntimeFolder&) = delete;
  SharedRuntimeFolder& operator=(const SharedRuntimeFolder&) = delete;
};

std::filesystem::path process_file(pid_t process, const std::string& name) {
  return std::filesystem::path("/proc") / std::to_string(process) / name;
}

// "0" or "0-3", as the kernel tells it.
std::string allowed_cores(pid_t process) {
  const std::string status = read_file(process_file(process, "status"));
  const std::string field = "Cpus_allowed_list:\t";
  const std::size_t begin = status.find(field) + field.size();
  return status.substr(begin, status.find('\n', begin) - begin);
}

}  // namespace

TEST_CASE("sweeps side by side give their runs different cores, named for normlab and the run") {
  if (normlab::available_cores().size() < 2) return;
  TemporaryFolder folder;
  const SharedRuntimeFolder shared(folder.path() / "cores");
  write_file(folder.path() / "spec.json", small_sweep_spec);
  const std::vector<std::string> endless = {
      "sweep", "spec.json", "--jobs", "1", "--set", "budget.epochs=100000", "--out"};
  std::vector<std::unique_ptr<Program>> sweeps;
  std::set<std::string> cores;
  for (const std::string out : {"a", "b"}) {
    std::vector<std::string> arguments = endless;
    arguments.push_back(out);
    sweeps.push_back(std::make_unique<Program>(folder.path(), arguments));
    std::vector<pid_t> children;
    REQUIRE(wait_until([&] {
      children = children_of(sweeps.back()->process());
      return !children.empty() && contains(read_file(process_file(children[0], "cmdline")), "run-child");
    }));
    REQUIRE(wait_until([&] { return read_file(process_file(children[0], "comm")) == "normlab\n"; }));
    CHECK(contains(read_file(process_file(children[0], "cmdline")), "mlp-"));
    cores.insert(allowed_cores(children[0]));
  }
  CHECK(cores.size() == 2);
  for (const auto& sweep : sweeps) sweep->send(SIGTERM);
  for (const auto& sweep : sweeps) CHECK(sweep->wait().status == 130);
  for (const char* out : {"a", "b"}) {
    for (const auto& entry : std::filesystem::directory_iterator(folder.path() / out / "runs")) {
      const json environment = json::parse(read_file(entry.path()))["environment"];
      CHECK(cores.contains(environment["pinned_cores"][0].dump()));
      CHECK(environment["jobs"] == 1);
    }
  }
}

TEST_CASE("a sweep waits while every core is held, and says by what") {
  TemporaryFolder folder;
  const SharedRuntimeFolder shared(folder.path() / "cores");
  write_file(folder.path() / "spec.json", small_sweep_spec);
  std::string seeds = "seed=1";
  for (std::size_t i = 2; i <= normlab::available_cores().size(); ++i) seeds += "," + std::to_string(i);
  const std::vector<std::string> endless = {"sweep", "spec.json", "--set", "budget.epochs=100000",
                                            "--set", seeds};
  Program first(folder.path(), endless);
  REQUIRE(
      wait_until([&] { return children_of(first.process()).size() == normlab::available_cores().size(); }));
  Program second(folder.path(), sweep_arguments({"--out", "second"}));
  REQUIRE(wait_until([&] { return contains(second.error_so_far(), "waiting for a core; core "); }));
  CHECK(contains(second.error_so_far(), "is held by mlp-"));
  CHECK(children_of(second.process()).empty());
  // A run on its own does not wait, and says what that means.
  const Outcome run = run_program(folder.path(), quick_run({"--out", "r.json"}));
  CHECK(run.status == 0);
  CHECK(contains(run.error, "times may suffer from other runs, as no core is free: core "));
  CHECK(json::parse(read_file(folder.path() / "r.json"))["environment"]["pinned_cores"] == json::array());
  first.send(SIGTERM);
  CHECK(first.wait().status == 130);
  CHECK(second.wait().status == 0);
  CHECK(equal(records_of(folder.path() / "second"), reference_records()));
}

TEST_CASE("two sweeps never share a folder") {
  TemporaryFolder folder;
  write_file(folder.path() / "spec.json", small_sweep_spec);
  Program first(folder.path(), sweep_arguments({"--set", "budget.epochs=100000"}));
  REQUIRE(wait_until([&] { return !children_of(first.process()).empty(); }));
  const Outcome second = run_program(folder.path(), sweep_arguments({"--set", "budget.epochs=100000"}));
  CHECK(second.status == 2);
  CHECK(contains(second.error, "another sweep is working"));
  first.send(SIGTERM);
  CHECK(first.wait().status == 130);
}
