// A sweep unpacks its data set once, and the runs see the same data as alone.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>

#include "cli/program.h"
#include "normlab/experiment/config/json.h"

using namespace normlab;
using namespace normlab::testing;

namespace {

void write_compressed_images(const std::filesystem::path& folder) {
  std::filesystem::create_directory(folder);
  write_file(folder / "train-images-idx3-ubyte.gz", gzip(images_content(400, 8, 8)));
  write_file(folder / "train-labels-idx1-ubyte.gz", gzip(labels_content(400, 4)));
  write_file(folder / "t10k-images-idx3-ubyte.gz", gzip(images_content(100, 8, 8, 100)));
  write_file(folder / "t10k-labels-idx1-ubyte.gz", gzip(labels_content(100, 4)));
}

std::string spec_text(const char* dataset, const char* steps) {
  return fmt::format(
      R"({{"name": "shared", "base": {{"dataset": "{}", "model": "lstm", "budget": {{"steps": {}}},
                         "evaluate_every": {{"steps": 10}}}}, "grid": {{"batch_size": [8]}}}})",
      dataset, steps);
}

std::vector<std::filesystem::path> records_below(const std::filesystem::path& sweep) {
  std::vector<std::filesystem::path> records;
  for (const auto& entry : std::filesystem::directory_iterator(sweep / "runs"))
    records.push_back(entry.path());
  return records;
}

// Whether a child of `parent` has the memory that sweeps share in its own.
bool child_maps_shared_content(pid_t parent) {
  const std::string process = std::to_string(parent);
  std::ifstream children("/proc/" + process + "/task/" + process + "/children");
  for (pid_t child; children >> child;) {
    if (contains(read_file("/proc/" + std::to_string(child) + "/maps"), "memfd:normlab-unpacked"))
      return true;
  }
  return false;
}

}  // namespace

TEST_CASE("runs of a sweep share the unpacked data set") {
  TemporaryFolder folder;
  write_compressed_images(folder.path() / "images");
  write_file(folder.path() / "spec.json", spec_text("idx:images", "1e9"));
  Program sweep(folder.path(), {"sweep", "spec.json"});
  CHECK(wait_until([&] { return child_maps_shared_content(sweep.process()); }, 20));
  sweep.send(SIGTERM);
  CHECK(sweep.wait().status == 130);
}

TEST_CASE("a run of a sweep gives the numbers of the same run alone, on images and on text") {
  TemporaryFolder folder;
  write_compressed_images(folder.path() / "images");
  std::string text;
  for (int i = 0; i < 6000; ++i)
    text += i % 7 == 0 ? "ß" : std::string(1, static_cast<char>('a' + i * i % 11));
  write_file(folder.path() / "text", gzip(text));
  for (const char* dataset : {"idx:images", "text:text"}) {
    CAPTURE(dataset);
    write_file(folder.path() / "spec.json", spec_text(dataset, "20"));
    std::filesystem::remove_all(folder.path() / "results");
    REQUIRE(run_program(folder.path(), {"sweep", "spec.json"}).status == 0);
    REQUIRE(run_program(folder.path(),
                        {"run", "--dataset", dataset, "--model", "lstm", "--steps", "20",
                         "--evaluate-every-steps", "10", "--batch-size", "8", "--out", "alone.json"})
                .status == 0);
    const auto records = records_below(folder.path() / "results/shared");
    REQUIRE(records.size() == 1);
    const Json shared = parse_json(read_file(records[0]), "record");
    const Json alone = parse_json(read_file(folder.path() / "alone.json"), "record");
    CHECK(shared["id"] == alone["id"]);
    CHECK(shared["test"].dump() == alone["test"].dump());
    for (const char* split : {"train", "validation"}) {
      CHECK(shared["evaluations"][1][split].dump() == alone["evaluations"][1][split].dump());
    }
    std::filesystem::remove(folder.path() / "alone.json");
  }
}
