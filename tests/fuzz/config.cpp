#include "normlab/experiment/config_json.h"

#include "fuzz/fuzz_checks.h"
#include "fuzz/settings_checks.h"

namespace normlab::fuzz {

// A run's settings, as in a file.
void fuzz_config(ByteSpan input) {
  accepted([&] { require_same_again(resolve(parse_json(InputReader(input).text(), "config"))); });
}

}  // namespace normlab::fuzz
