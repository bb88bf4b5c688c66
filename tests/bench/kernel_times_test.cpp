// Which kernels are timed, how often; the times themselves mean nothing here.
#include "normlab/bench/kernel_times.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "files.h"

namespace normlab::bench {

TEST_CASE("every kernel has a time of each round, whatever its norm and pass") {
  const test::TemporaryFolder cores;  // of its own to share out: no wait for other runs of the machine
  ::setenv("NORMLAB_RUNTIME_DIR", cores.path().c_str(), 1);
  std::vector<TimedKernel> kernels;
  for (const char* norm : {"none", "batch", "layer", "rms", "dyt"}) {
    for (const std::string& pass : kernel_pass_names()) kernels.push_back({norm, 4, 16, pass});
  }
  std::vector<std::string> told;
  const KernelTimesRecord record =
      measure_kernels("c.json", kernels, {.rounds = 3, .warm_up_seconds = 0, .turn_seconds = 0},
                      [&](std::string_view what) { told.emplace_back(what); });
  REQUIRE(record.kernels.size() == 15);
  CHECK(record.rounds.rounds == 3);
  CHECK(record.rounds.core_taken.size() == 3);
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    const KernelTimes& times = record.kernels[i];
    CHECK(times.kernel == kernels[i]);
    CHECK(times.round_seconds.size() == 3);
    CHECK(std::ranges::all_of(times.round_seconds, [](double seconds) { return seconds > 0; }));
    CHECK(times.calls >= 15);
  }
  CHECK(std::ranges::count(told, "measuring 15 kernels in 3 rounds") == 1);
}

}  // namespace normlab::bench
