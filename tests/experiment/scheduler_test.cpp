#include "normlab/experiment/scheduler.h"

#include <doctest/doctest.h>

#include "data/idx_files.h"

using namespace normlab;
using namespace normlab::testing;

TEST_CASE("cells that mean nothing are counted and recorded once, without starting a run") {
  TemporaryFolder temporary;
  const SweepSpec spec = parse_sweep_spec(
      parse_json(R"({"base": {"model": "mlp", "norm": "instance"}, "grid": {"seed": [1, 2, 3]}})", "test"),
      "test");
  const std::vector<SweepCell> cells = expand(spec);
  REQUIRE(cells.size() == 3);
  const RunStore store(temporary.path(), spec, cells);
  for (int time = 0; time < 2; ++time) {
    const SweepOutcome outcome = run_sweep(store, cells, {.jobs = 1});
    CHECK(outcome.finished == 0);
    CHECK(outcome.undefined == 3);
    CHECK(outcome.failed == 0);
    CHECK_FALSE(outcome.interrupted);
    for (const SweepCell& cell : cells) CHECK(store.status(cell) == "undefined");
  }
}
