#include "fuzz/fuzz_checks.h"
#include "fuzz/settings_checks.h"

namespace normlab::fuzz {

// An experiment's file.
bool fuzz_spec(ByteSpan input) {
  return accepted([&] {
    require_same_again(parse_sweep_spec(parse_json(InputReader(input).text(), "spec"), "experiment"));
  });
}

}  // namespace normlab::fuzz
