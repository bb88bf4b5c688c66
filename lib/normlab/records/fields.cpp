#include "normlab/records/fields.h"

#include <cmath>

#include "normlab/core/json.h"

namespace normlab {

std::optional<double> number_at(const nlohmann::json& object, std::string_view dotted_path) {
  const nlohmann::json* value = value_at(object, dotted_path);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const double number = value->get<double>();
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

std::string text_at(const nlohmann::json& object, std::string_view dotted_path, std::string_view otherwise) {
  const nlohmann::json* value = value_at(object, dotted_path);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string(otherwise);
}

}  // namespace normlab
