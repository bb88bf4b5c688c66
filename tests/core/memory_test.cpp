#include "normlab/core/memory.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <fstream>

#include "files.h"

using namespace normlab;

namespace {

void put(const std::filesystem::path& file, const char* content) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << content;
}

}  // namespace

TEST_CASE("the memory that is available is the machine's, or what a control group leaves of its limit") {
  const test::TemporaryFolder folder;
  const std::filesystem::path root = folder.path();
  CHECK_FALSE(available_memory(root).has_value());
  put(root / "proc/meminfo", "MemTotal:  9000 kB\nMemAvailable:    8000 kB\n");
  CHECK(available_memory(root) == 8000u * 1024);

  put(root / "proc/self/cgroup", "0::/outer/inner\n");
  put(root / "sys/fs/cgroup/outer/inner/memory.max", "max\n");
  CHECK(available_memory(root) == 8000u * 1024);
  put(root / "sys/fs/cgroup/outer/memory.max", "5000\n");
  put(root / "sys/fs/cgroup/outer/memory.current", "3000\n");
  put(root / "sys/fs/cgroup/outer/memory.stat", "anon 1\ninactive_file 1000\n");
  CHECK(available_memory(root) == 3000u);
}

TEST_CASE("control groups of version 1 limit memory, too") {
  const test::TemporaryFolder folder;
  const std::filesystem::path root = folder.path();
  put(root / "proc/self/cgroup", "3:cpu:/job\n2:memory:/job\n");
  put(root / "sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  put(root / "sys/fs/cgroup/memory/job/memory.limit_in_bytes", "700\n");
  put(root / "sys/fs/cgroup/memory/job/memory.usage_in_bytes", "900\n");
  CHECK(available_memory(root) == 0u);
}

TEST_CASE("a limit on the address space leaves what the process has not taken of it") {
  const test::TemporaryFolder folder;
  const std::filesystem::path root = folder.path();
  put(root / "proc/meminfo", "MemAvailable:    8000 kB\n");
  put(root / "proc/self/statm", "10 5 3 1 0 4 0\n");
  put(root / "proc/self/limits",
      "Limit                     Soft Limit           Hard Limit           Units\n"
      "Max address space         unlimited            unlimited            bytes\n");
  CHECK(available_memory(root) == 8000u * 1024);
  put(root / "proc/self/limits",
      "Max address space         1000000              unlimited            bytes\n");
  CHECK(available_memory(root) == 1'000'000u - 10 * static_cast<unsigned>(::sysconf(_SC_PAGESIZE)));
  put(root / "proc/self/statm", "100000 5 3 1 0 4 0\n");
  CHECK(available_memory(root) == 0u);
}

TEST_CASE("this machine says how much memory it has") {
  CHECK(available_memory().value_or(0) > 1'000'000);
}
