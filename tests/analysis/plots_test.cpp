// scripts/plots/, whose tests are in Python.
#include <doctest/doctest.h>

#include <cstdlib>

TEST_CASE("scripts/plots/ counts the seeds that reports count, and goes by steps that were timed apart") {
  CHECK(std::system("/usr/bin/python3 '" NORMLAB_SOURCE_DIR "/tests/analysis/plots_test.py' 2>&1") == 0);
}
