// What scripts/bench_torch.py relies on.
#include <doctest/doctest.h>
#include <stdio.h>

#include <algorithm>
#include <sstream>

#include "normlab/bench/bench.h"

namespace {

using namespace normlab;
using namespace normlab::bench;

std::string output_of(const std::string& command) {
  FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string output;
  for (int c = ::fgetc(pipe); c != EOF; c = ::fgetc(pipe)) output.push_back(static_cast<char>(c));
  REQUIRE(::pclose(pipe) == 0);
  return output;
}

}  // namespace

TEST_CASE("every step that scripts/bench_torch.py races exists under that name") {
  std::vector<std::string> names;
  for (const StepCase& c : all_step_cases()) names.push_back(c.name());
  std::istringstream raced(
      output_of("/usr/bin/python3 '" NORMLAB_SOURCE_DIR "/scripts/bench_torch.py' --list"));
  int count = 0;
  for (std::string name; std::getline(raced, name); ++count) {
    CAPTURE(name);
    CHECK(std::find(names.begin(), names.end(), name) != names.end());
  }
  CHECK(count > 0);
}

TEST_CASE("without limits steps are timed, and what needs limits is left out") {
  const std::string name = "lstm-layer-28x28-128-b32-none";
  BenchOptions options;
  options.kernels = options.scaling = options.limits = false;
  options.filter = name;
  options.seconds = 1e-3;
  const BenchResult result = run_bench(options, [](std::string_view) {});
  const Json json = to_json(result);
  CHECK(json.at("limits").is_null());
  CHECK(json.at("products").empty());
  REQUIRE(json.at("steps").size() == 1);
  const Json& step = json.at("steps").front();
  CHECK(step.at("name") == name);
  CHECK(step.at("seconds").at("median") > 0);
  CHECK_FALSE(step.contains("fraction_of_limit"));
  CHECK_FALSE(step.contains("limit_seconds"));
  CHECK(render_bench(result).find(name) != std::string::npos);
}
