#include <doctest/doctest.h>

#include "cli/program.h"
#include "normlab/analysis/export/page_assets.h"
#include "synthetic_records.h"

using namespace normlab;
using namespace normlab::testing;

TEST_CASE("report --format html prints a page with the curves of the records") {
  SyntheticSweep sweep;
  sweep.add(synthetic_record({.seed = 1, .epochs_to_target = 2}));
  const Outcome outcome = run_program(sweep.folder(), {"report", ".", "--format", "html"});
  CAPTURE(outcome.error);
  if (page_assets::library.empty()) {
    CHECK(outcome.status == 2);
    CHECK(contains(outcome.error, "html needs D3"));
    return;
  }
  CHECK(outcome.status == 0);
  CHECK(contains(outcome.out, "\"cells\":[{\"steps\":[1719,3438]"));
  CHECK(contains(outcome.out, "\"validation.error\""));
}
