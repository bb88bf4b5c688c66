// The two ways in which normlab refuses or fails; main() maps them to exit statuses.
#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace normlab {

// The request was wrong (exit status 2). The message is one sentence that names the field, the value and
// what is allowed. Thrown before any work starts.
class RequestError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Something that was asked for failed while it was being done (exit status 1), for example a full disk.
class RunError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Throws RequestError: "FIELD: VALUE is not allowed; ALLOWED." FIELD is dotted, as in a spec.
[[noreturn]] void refuse(std::string_view field, std::string_view value, std::string_view allowed);

// Throws RequestError for a name that is not one of `known`, with the nearest known name as a suggestion:
// "norm: unknown name "layre"; known are none, batch, layer (did you mean "layer"?)."
[[noreturn]] void refuse_name(std::string_view field, std::string_view name,
                              std::span<const std::string> known);

}  // namespace normlab
