// The fields of a record, by dotted paths.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace normlab {

// value_at() of one type; a value of another type counts as absent, and so does a number that is not finite.
std::optional<double> number_at(const nlohmann::json& object, std::string_view dotted_path);
std::string text_at(const nlohmann::json& object, std::string_view dotted_path,
                    std::string_view otherwise = "");

}  // namespace normlab
