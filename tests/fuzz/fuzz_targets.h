// What the fuzzers call: each target reads bytes as normlab reads them from a file or a command line, and
// checks that what it accepts is consistent. The ordinary test suite calls them over the committed inputs.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace normlab::fuzz {

using ByteSpan = std::span<const std::uint8_t>;

// Each returns whether the input was accepted; it was properly refused otherwise (RequestError, RunError).
// Throws anything else when normlab did something wrong.
bool fuzz_checkpoint(ByteSpan input);
bool fuzz_claims(ByteSpan input);
bool fuzz_config(ByteSpan input);
bool fuzz_gzip(ByteSpan input);
bool fuzz_idx(ByteSpan input);
bool fuzz_kernel_times(ByteSpan input);
bool fuzz_record(ByteSpan input);
bool fuzz_safetensors(ByteSpan input);
bool fuzz_shell_setting(ByteSpan input);
bool fuzz_spec(ByteSpan input);
bool fuzz_sweep_json(ByteSpan input);
bool fuzz_target(ByteSpan input);
bool fuzz_text(ByteSpan input);
bool fuzz_times(ByteSpan input);

struct FuzzTarget {
  std::string_view name;  // of its folders in corpus/ and regressions/
  bool (*run)(ByteSpan input);
};

inline constexpr FuzzTarget fuzz_targets[] = {
    {"checkpoint", fuzz_checkpoint},
    {"claims", fuzz_claims},
    {"config", fuzz_config},
    {"gzip", fuzz_gzip},
    {"idx", fuzz_idx},
    {"kernel_times", fuzz_kernel_times},
    {"record", fuzz_record},
    {"safetensors", fuzz_safetensors},
    {"shell_setting", fuzz_shell_setting},
    {"spec", fuzz_spec},
    {"sweep_json", fuzz_sweep_json},
    {"target", fuzz_target},
    {"text", fuzz_text},
    {"times", fuzz_times},
};

}  // namespace normlab::fuzz
