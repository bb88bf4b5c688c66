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

TEST_CASE("the page has the words of its request, so that its command makes it again") {
  if (page_assets::library.empty()) return;
  SyntheticSweep sweep;
  sweep.add(synthetic_record({.norm = "none", .epochs_to_target = 2}));
  sweep.add(synthetic_record({.norm = "layer", .epochs_to_target = 2}));
  const Outcome outcome =
      run_program(sweep.folder(), {"report", ".", "--format", "html", "--pair", "norm=none", "--where",
                                   "norm=none,layer", "--target", "validation.error<=0.2"});
  CAPTURE(outcome.error);
  REQUIRE(outcome.status == 0);
  CHECK(contains(outcome.out, R"("asked":["--target","validation.error\u003c=0.2","--where",)"
                              R"("norm=none,layer","--pair","norm=none","--measure","steps"])"));
}
