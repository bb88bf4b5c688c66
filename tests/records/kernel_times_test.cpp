#include "normlab/records/kernel_times.h"

#include <doctest/doctest.h>

#include "files.h"
#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/records/value_checks.h"

using namespace normlab;

namespace {

KernelTimesRecord small_record() {
  KernelTimesRecord record{.file = "c.json", .sha256 = "12ab", .rounds = {}, .kernels = {}};
  record.rounds.started = "2026-03-01T14:05:09Z";
  record.rounds.environment = {{"cpu", "a processor"}};
  record.rounds.rounds = 3;
  record.rounds.core_taken = {0, 0.01, 0};
  record.kernels = {{{"layer", 128, 1000, "forward"}, {1e-5, 1.2e-5, 1.1e-5}, 300},
                    {{"rms", 128, 1000, "both"}, {2e-5, 2e-5, 2e-5}, 200}};
  return record;
}

std::string defect_of(const std::string& place, const nlohmann::json& value) {
  auto json = nlohmann::json::parse(to_json(small_record()).dump());
  json[nlohmann::json::json_pointer(place)] = value;
  try {
    kernel_times_record(json);
  } catch (const RecordDefect& defect) {
    return defect.what();
  }
  return "";
}

}  // namespace

TEST_CASE("times of kernels that are written are read again") {
  const test::TemporaryFolder folder;
  const KernelTimesRecord record = small_record();
  write_whole(folder.path() / "kernels.json", to_json(record).dump());
  const KernelTimesRecord again = load_kernel_times(folder.path() / "kernels.json", "results");
  CHECK(to_json(again) == to_json(record));
  const KernelTimes* layer = find_kernel(again, {"layer", 128, 1000, "forward"});
  REQUIRE(layer != nullptr);
  CHECK(layer->round_seconds == record.kernels[0].round_seconds);
  CHECK(find_kernel(again, {"layer", 128, 1000, "backward"}) == nullptr);
  CHECK(to_json(record)["kernels"][0]["seconds"]["median"] == 1.1e-5);
  CHECK_THROWS_AS(load_kernel_times(folder.path() / "absent.json", "results"), RequestError);
}

TEST_CASE("what is no record of kernels is refused, and said why") {
  CHECK(defect_of("/schema", "normlab.times/1") == "its schema is not normlab.kernel_times/1");
  CHECK(defect_of("/rounds", 4).find("has not 4 rounds") != std::string::npos);
  CHECK(defect_of("/rounds", 1001).find("more than 1000") != std::string::npos);
  CHECK(defect_of("/kernels", "none") == "its kernels are not a list");
  CHECK(defect_of("/kernels/0/pass", "sideways") == "its pass \"sideways\" is none");
  CHECK(defect_of("/kernels/1/round_seconds/0", 0).find("no duration") != std::string::npos);
  CHECK(defect_of("/kernels/0/rows", 0).find("rows") != std::string::npos);
  CHECK(defect_of("/sha256", nullptr).find("sha256") != std::string::npos);
}
