#include "normlab/experiment/progress.h"

#include <doctest/doctest.h>

using namespace normlab;

TEST_CASE("the progress line says what is done, running and failed, and how long it takes still") {
  SweepCounts counts;
  counts.cells = 27;
  CHECK(progress_line(counts, -1, 10) == "[..........] 0 of 27 done, 0 running, 0 failed");
  counts.done = 13;
  counts.running = 2;
  counts.failed = 1;
  CHECK(progress_line(counts, 200, 10) ==
        "[#####.....] 13 of 27 done, 2 running, 1 failed, about 3 min left");
  counts.done = 26;
  counts.running = 0;
  CHECK(progress_line(counts, 0, 10) == "[##########] 26 of 27 done, 0 running, 1 failed");
}

TEST_CASE("durations are told in the unit that reads best") {
  CHECK(duration_text(-1) == "?");
  CHECK(duration_text(45) == "45 s");
  CHECK(duration_text(12 * 60) == "12 min");
  CHECK(duration_text(3.5 * 3600) == "3.5 h");
}
