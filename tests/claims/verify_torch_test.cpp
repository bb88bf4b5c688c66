// scripts/verify_torch.py, whose tests are in Python.
#include <doctest/doctest.h>

#include <cstdlib>

TEST_CASE("scripts/verify_torch.py finds a claim's runs, their events and the differences between samples") {
  CHECK(std::system("/usr/bin/python3 '" NORMLAB_SOURCE_DIR "/tests/claims/verify_torch_test.py' 2>&1") == 0);
}
