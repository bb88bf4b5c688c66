// Cores are shared out between programs, whatever becomes of their holders.
#include "normlab/experiment/process/core_lease.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "files.h"
#include "text.h"

using namespace normlab;
using testing::contains;

namespace {

// The runtime folder of the test, as other users' programs would find it.
class RuntimeFolder {
 public:
  RuntimeFolder() { ::setenv("NORMLAB_RUNTIME_DIR", path().c_str(), 1); }
  ~RuntimeFolder() { ::unsetenv("NORMLAB_RUNTIME_DIR"); }
  std::filesystem::path path() const { return folder_ / "cores"; }

 private:
  test::TemporaryFolder folder_;
};

// A child process that does nothing but inherit what is open.
pid_t start_holder() {
  const pid_t child = ::fork();
  if (child == 0) {
    while (true) ::pause();
  }
  return child;
}

void end(pid_t child) {
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

}  // namespace

TEST_CASE("two programs get different cores, and none when all are held") {
  const RuntimeFolder folder;
  SharedCores first({3, 5}), second({3, 5});
  REQUIRE(first.problem().empty());
  std::optional<CoreLease> a = first.lease(1), b = second.lease(1);
  REQUIRE(a);
  REQUIRE(b);
  CHECK(a->cores() == std::vector<int>{3});
  CHECK(b->cores() == std::vector<int>{5});
  CHECK_FALSE(first.lease(1));
  a.reset();
  CHECK_FALSE(second.lease(2));
  const std::optional<CoreLease> again = second.lease(1);
  REQUIRE(again);
  CHECK(again->cores() == std::vector<int>{3});
}

TEST_CASE("a core is held until the last process that inherited its lock has ended, however it ended") {
  const RuntimeFolder folder;
  SharedCores cores({0});
  pid_t child = -1;
  {
    const std::optional<CoreLease> lease = cores.lease(1);
    REQUIRE(lease);
    child = start_holder();
    lease->name_holder(child, "mlp-layer-b4-s1-9f2c1a7e");
  }
  CHECK_FALSE(cores.lease(1));  // the sweep's own descriptor is closed; the orphan's is not
  CHECK(cores.holders() ==
        "core 0 is held by mlp-layer-b4-s1-9f2c1a7e (process " + std::to_string(child) + ")");
  end(child);
  CHECK(cores.lease(1));
  CHECK(cores.holders().empty());
}

TEST_CASE("lock files are open to every user and never followed out of their folder") {
  const RuntimeFolder folder;
  const mode_t mask = ::umask(077);
  { CHECK(SharedCores({0}).lease(1)); }
  ::umask(mask);
  struct stat status {};
  REQUIRE(::stat(folder.path().c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 01777);
  REQUIRE(::stat((folder.path() / "core-0").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0666);

  const std::filesystem::path victim = folder.path() / "victim";
  std::ofstream(victim) << "precious";
  std::filesystem::create_symlink(victim, folder.path() / "core-1");
  std::filesystem::create_hard_link(victim, folder.path() / "core-2");
  REQUIRE(::mkfifo((folder.path() / "core-3").c_str(), 0666) == 0);
  for (const int core : {1, 2, 3}) {
    CAPTURE(core);
    SharedCores cores({core});
    const std::optional<CoreLease> lease = cores.lease(1);
    REQUIRE(lease);  // without a lock, as where there is no folder
    lease->name_holder(1, "run");
    CHECK(lease->locks().empty());
    CHECK(contains(cores.problem(), "core-" + std::to_string(core) + " cannot be used as a lock"));
  }
  CHECK(std::filesystem::file_size(victim) == 8);
}

TEST_CASE("without a usable folder cores are given out all the same, and the reason is told") {
  const RuntimeFolder folder;
  SUBCASE("a symbolic link in its place") {
    std::filesystem::create_directory_symlink("/tmp", folder.path());
  }
  SUBCASE("a file in its place") {
    std::ofstream(folder.path()) << "x";
  }
  SUBCASE("a folder in which everyone may remove everyone's files") {
    std::filesystem::create_directory(folder.path());
    ::chmod(folder.path().c_str(), 0777);
  }
  SharedCores cores({0, 1});
  CHECK(contains(cores.problem(), folder.path().string()));
  const std::optional<CoreLease> lease = cores.lease(1, {0});
  REQUIRE(lease);
  CHECK(lease->cores() == std::vector<int>{1});
  CHECK_FALSE(cores.lease(1, {0, 1}));
}

TEST_CASE("what a stranger wrote into a lock file does not reach the terminal") {
  const RuntimeFolder folder;
  SharedCores cores({0});
  const std::optional<CoreLease> lease = cores.lease(1);
  std::ofstream(folder.path() / "core-0") << "1 \x1b]0;gotcha\x07\n";
  CHECK(cores.holders() == "core 0 is held by another program");
}
