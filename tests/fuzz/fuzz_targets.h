// What the fuzzers call: each target reads bytes as normlab reads them from a file or a command line, and
// checks that what it accepts is consistent. The ordinary test suite calls them over the committed inputs.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace normlab::fuzz {

using Bytes = std::span<const std::uint8_t>;

// Each returns when the input was accepted or properly refused (RequestError, RunError), and throws anything
// else when normlab did something wrong.
void fuzz_config(Bytes input);
void fuzz_gzip(Bytes input);
void fuzz_idx(Bytes input);
void fuzz_shell_setting(Bytes input);
void fuzz_spec(Bytes input);
void fuzz_target(Bytes input);
void fuzz_text(Bytes input);

struct FuzzTarget {
  std::string_view name;  // of its folders in corpus/ and regressions/
  void (*run)(Bytes input);
};

inline constexpr FuzzTarget fuzz_targets[] = {
    {"config", fuzz_config}, {"gzip", fuzz_gzip},
    {"idx", fuzz_idx},       {"shell_setting", fuzz_shell_setting},
    {"spec", fuzz_spec},     {"target", fuzz_target},
    {"text", fuzz_text},
};

}  // namespace normlab::fuzz
