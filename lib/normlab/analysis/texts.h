// What stands in records, as people read it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "normlab/records/run_record.h"

namespace normlab {

// A setting's value: text without quotes, anything else as JSON; "—" for null.
std::string setting_text(const nlohmann::json& value);

// Whether two values of a setting are the same: equal as JSON (1 and 1.0 are), or as tables show them.
bool is_same_value(const nlohmann::json& a, const nlohmann::json& b);

// A sentence from a record (a cause, a warning): printable, and cut off when it is far longer than any that
// normlab writes.
std::string shortened_sentence(std::string_view text);

// "mnist", "text:novel.txt".
std::string dataset_text(const Settings& settings);

}  // namespace normlab
