// normlab bench as a user meets it; with hardly any time to measure, so the figures mean nothing here.
#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/program.h"

using namespace normlab::testing;

namespace {

nlohmann::json read(const std::filesystem::path& file) {
  std::ifstream stream(file);
  return nlohmann::json::parse(stream);
}

}  // namespace

TEST_CASE("bench writes what it measured, with how sure it is") {
  const TemporaryFolder folder;
  const Outcome outcome = Program(folder.path(), {"bench", "--filter", "rms 128x1000", "--seconds", "0.001",
                                                  "--json", "bench.json"})
                              .wait();
  CHECK(outcome.status == 0);
  CHECK(outcome.out.find("rms") != std::string::npos);
  const nlohmann::json result = read(folder.path() / "bench.json");
  CHECK(result.at("schema") == "normlab.bench/1");
  REQUIRE(result.at("kernels").size() == 1);
  const nlohmann::json& kernel = result.at("kernels")[0];
  CHECK(kernel.at("kernel") == "rms");
  CHECK(kernel.at("forward").at("bytes") == 2 * 4 * 128 * 1000);
  CHECK(kernel.at("backward").at("bytes") == 3 * 4 * 128 * 1000);
  const nlohmann::json& seconds = kernel.at("backward").at("seconds");
  CHECK(seconds.at("low") <= seconds.at("median"));
  CHECK(seconds.at("median") <= seconds.at("high"));
  CHECK(seconds.at("low") > 0);
  CHECK(result.at("limits").at("copy").size() > 3);
  CHECK(result.at("steps").empty());
}

TEST_CASE("bench refuses what it cannot do before it measures anything") {
  const TemporaryFolder folder;
  const auto refused = [&](const std::vector<std::string>& arguments, const std::string& part) {
    const Outcome outcome = Program(folder.path(), arguments).wait();
    CAPTURE(outcome.error);
    CHECK(outcome.status == 2);
    CHECK(outcome.out.empty());
    CHECK(outcome.error.find(part) != std::string::npos);
    CHECK(outcome.error.find("measuring") == std::string::npos);
  };
  refused({"bench", "kernel"}, "did you mean \"kernels\"");
  refused({"bench", "--filter", "no such thing"}, "filter: no such thing");
  refused({"bench", "steps", "--filter", "rms 128x1000"}, "filter: rms 128x1000");
  refused({"bench", "--seconds", "0"}, "seconds: 0");
  refused({"bench", "--seconds", "nan"}, "seconds: nan");
  refused({"bench", "--json", "no/folder/bench.json"}, "json: no/folder/bench.json");
  refused({"bench", "--json", "."}, "json: .");
  refused({"bench", "--json", "/proc/x"}, "json: \"/proc\"");
}

TEST_CASE("bench prints what it measured also where the file cannot be written") {
  const TemporaryFolder folder;
  constexpr rlim_t room = 3000;  // for the table, and not for the file
  const Outcome outcome =
      Program(folder.path(),
              {"bench", "kernels", "--filter", "rms 128x1000", "--seconds", "0.001", "--json", "bench.json"},
              room)
          .wait();
  CAPTURE(outcome.error);
  CHECK(outcome.status == 1);
  CHECK(outcome.error.find("bench.json") != std::string::npos);
  CHECK(outcome.out.find("rms") != std::string::npos);
  CHECK(std::filesystem::is_empty(folder.path()));
}
