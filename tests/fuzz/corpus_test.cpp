// The committed inputs of the fuzzers, without a fuzzer.
#include <doctest/doctest.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "fuzz/fuzz_targets.h"
#include "normlab/core/file.h"

namespace {

namespace filesystem = std::filesystem;
using namespace normlab::fuzz;

const filesystem::path fuzz_folder = filesystem::path(NORMLAB_SOURCE_DIR) / "tests/fuzz";

std::set<filesystem::path> files_in(const filesystem::path& folder) {
  std::set<filesystem::path> files;
  if (!filesystem::exists(folder)) return files;
  for (const auto& entry : filesystem::directory_iterator(folder)) files.insert(entry.path());
  return files;
}

// Whether the input was accepted.
bool replay(const filesystem::path& file, const FuzzTarget& target) {
  CAPTURE(file.string());
  const std::string content = normlab::read_text(file, "input");
  bool accepted = false;
  CHECK_NOTHROW(accepted =
                    target.run({reinterpret_cast<const std::uint8_t*>(content.data()), content.size()}));
  return accepted;
}

}  // namespace

TEST_CASE(
    "every input that a fuzzer starts from is read or refused, and is the same when written and read again") {
  for (const FuzzTarget& target : fuzz_targets) {
    const auto files = files_in(fuzz_folder / "corpus" / target.name);
    CAPTURE(target.name);
    std::set<bool> outcomes;
    for (const auto& file : files) outcomes.insert(replay(file, target));
    CHECK(outcomes == std::set<bool>{false, true});  // what lies behind a refusal is fuzzed, too
  }
}

TEST_CASE("no input that a fuzzer found at fault is at fault again") {
  for (const FuzzTarget& target : fuzz_targets) {
    for (const auto& file : files_in(fuzz_folder / "regressions" / target.name)) replay(file, target);
  }
}

TEST_CASE("every folder of inputs belongs to a fuzz target") {
  std::set<std::string> names;
  for (const FuzzTarget& target : fuzz_targets) names.insert(std::string(target.name));
  for (const char* kind : {"corpus", "regressions"}) {
    for (const auto& folder : files_in(fuzz_folder / kind)) CHECK(names.contains(folder.filename().string()));
  }
}

TEST_CASE("an empty input is read or refused by every fuzz target") {
  for (const FuzzTarget& target : fuzz_targets) {
    CAPTURE(target.name);
    CHECK_NOTHROW(target.run({}));
  }
}
