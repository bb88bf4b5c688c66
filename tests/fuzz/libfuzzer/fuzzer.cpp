// One target as libFuzzer calls it. What the target throws ends the process, which libFuzzer reports as a
// crash.
#include "fuzz/fuzz_targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  normlab::fuzz::NORMLAB_FUZZ_FUNCTION({data, size});
  return 0;
}
