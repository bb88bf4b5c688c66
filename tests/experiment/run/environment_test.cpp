#include "normlab/experiment/run/environment.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <string>

using namespace normlab;

namespace {

std::string output_of(const char* command) {
  std::string text;
  FILE* pipe = popen(command, "r");
  REQUIRE(pipe != nullptr);
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) text += static_cast<char>(c);
  pclose(pipe);
  return text;
}

}  // namespace

TEST_CASE("the environment names processor and operating system as the system's own commands do") {
  const Environment environment = describe_environment(1);
  CHECK(environment.cpu + "\n" == output_of("sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1"));
  CHECK(environment.operating_system + "\n" == output_of("uname -srm"));
}
