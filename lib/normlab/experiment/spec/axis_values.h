// The values of an axis, as specs list them and as the shell says them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "normlab/core/json.h"

namespace normlab {

// Equal values have equal keys, also 10000 and 1e4.
std::string value_key(const Json& value);

// RequestError naming `field` when there are none, or one is listed twice.
void require_values(const std::string& field, const std::vector<Json>& values);

// Whether an axis of that setting may say ranges: it has integers.
bool takes_ranges(std::string_view path);

// "1..5" as its ends, or nothing when it has another form.
std::optional<std::pair<std::uint64_t, std::uint64_t>> parse_range(std::string_view text);

// The values with each range "FIRST..LAST" of an axis of integers written out. RequestError naming `field`
// for a range that has no values, or too many.
std::vector<Json> without_ranges(const std::string& path, const std::string& field,
                                 const std::vector<Json>& values);

}  // namespace normlab
