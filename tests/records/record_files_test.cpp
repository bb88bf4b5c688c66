#include "normlab/records/record_files.h"

#include <doctest/doctest.h>

#include "normlab/core/error.h"
#include "normlab/records/value_checks.h"
#include "opened_files.h"
#include "synthetic_records.h"

using namespace normlab;
using nlohmann::json;

namespace {

// The same number of bytes for each seed of one digit.
std::string text_of(unsigned seed) {
  return synthetic_record({.seed = seed}).dump();
}

}  // namespace

TEST_CASE("the record of a file that stays as it is is read once, and again when it was taken") {
  SyntheticSweep sweep;
  const std::filesystem::path file = sweep.write("runs/a.json", text_of(1));
  testing::OpenedFiles opened(sweep.folder() / "runs");
  RecordFiles files;
  CHECK(files.read(file, "out").seed == 1);
  CHECK(files.read(file, "out").seed == 1);
  CHECK(files.take(file, "out").seed == 1);
  CHECK(opened.counts().at("a.json") == 1);
  CHECK(files.take(file, "out").seed == 1);
  CHECK(opened.counts().at("a.json") == 2);
}

TEST_CASE("a file in another's place, or of other content, is read again") {
  SyntheticSweep sweep;
  const std::filesystem::path file = sweep.write("runs/a.json", text_of(1));
  RecordFiles files;
  CHECK(files.read(file, "out").seed == 1);
  std::filesystem::rename(sweep.write("runs/b.json", text_of(2)), file);
  CHECK(files.read(file, "out").seed == 2);
  sweep.write("runs/a.json", text_of(12));
  CHECK(files.read(file, "out").seed == 12);
  sweep.write("runs/a.json", "{}");
  CHECK_THROWS_AS(files.read(file, "out"), RecordDefect);
  sweep.write("runs/a.json", text_of(3) + " ");
  CHECK(files.read(file, "out").seed == 3);
  std::filesystem::remove(file);
  CHECK_THROWS_AS(files.read(file, "out"), RequestError);
}

TEST_CASE("records of one reader share their settings") {
  SyntheticSweep sweep;
  RecordFiles files;
  const RunRecord first = files.take(sweep.write("runs/a.json", text_of(1)), "out");
  CHECK(files.read(sweep.write("runs/b.json", text_of(2)), "out").settings == first.settings);
}
