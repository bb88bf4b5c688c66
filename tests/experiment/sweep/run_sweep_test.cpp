#include "normlab/experiment/sweep/run_sweep.h"

#include <doctest/doctest.h>

#include "data/idx_files.h"

using namespace normlab;
using namespace normlab::testing;

TEST_CASE("runs that mean nothing are counted and recorded once, without starting a run") {
  TemporaryFolder temporary;
  const SweepSpec spec = parse_sweep_spec(
      parse_json(R"({"base": {"model": "mlp", "norm": "instance"}, "grid": {"seed": [1, 2, 3]}})", "test"),
      "test");
  const std::vector<SweepRun> runs = expand(spec);
  REQUIRE(runs.size() == 3);
  const RunStore store(temporary.path(), spec, runs);
  for (int time = 0; time < 2; ++time) {
    const SweepOutcome outcome = run_sweep(store, runs, {.jobs = 1});
    CHECK(outcome.finished == 0);
    CHECK(outcome.undefined == 3);
    CHECK(outcome.failed == 0);
    CHECK_FALSE(outcome.interrupted);
    for (const SweepRun& run : runs) CHECK(store.status(run) == "undefined");
  }
}
