#include "normlab/core/error.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace normlab {
namespace {

const std::vector<std::string> norms{"none", "batch", "layer", "rms", "group", "instance", "weight"};

std::string message(void (*throws)()) {
  try {
    throws();
  } catch (const RequestError& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("refusals name the field, the value and what is allowed") {
  CHECK(message([] { refuse("batch_size", "0", "a whole number of at least 1 is"); }) ==
        "batch_size: 0 is not allowed; a whole number of at least 1 is.");
  const std::string named = message([] { refuse_name("norm", "layre", norms); });
  CHECK(named ==
        "norm: unknown name \"layre\"; known are none, batch, layer, rms, group, instance, weight "
        "(did you mean \"layer\"?).");
  CHECK(message([] { refuse_name("norm", "spectral", norms); }).find("did you mean") == std::string::npos);
}

}  // namespace normlab
