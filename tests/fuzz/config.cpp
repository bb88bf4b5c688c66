#include "normlab/experiment/config/config_json.h"

#include "fuzz/fuzz_checks.h"
#include "fuzz/settings_checks.h"

namespace normlab::fuzz {

// A run's settings, as in a file.
bool fuzz_config(ByteSpan input) {
  return accepted([&] { require_same_again(resolve(parse_json(InputReader(input).text(), "config"))); });
}

}  // namespace normlab::fuzz
