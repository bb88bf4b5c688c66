// What stands in records, as people read it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace normlab {

// A setting's value: text without quotes, anything else as JSON; "—" for null.
std::string setting_text(const nlohmann::json& value);

// A sentence from a record (a cause, a warning): printable, and cut off when it is far longer than any that
// normlab writes.
std::string shortened_sentence(std::string_view text);

}  // namespace normlab
