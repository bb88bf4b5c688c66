#include "normlab/records/value_checks.h"

#include <fmt/format.h>

namespace normlab {

using nlohmann::json;

const json& require_value(const json* value, std::string_view path) {
  if (value == nullptr) throw RecordDefect(fmt::format("it has no {}", path));
  return *value;
}

std::string require_text(const json* value, std::string_view path) {
  const json& text = require_value(value, path);
  if (!text.is_string() || text.get_ref<const std::string&>().empty())
    throw RecordDefect(fmt::format("its {} is not a text", path));
  return text.get<std::string>();
}

void require_object(const json* value, std::string_view path) {
  if (!require_value(value, path).is_object())
    throw RecordDefect(fmt::format("its {} is not an object", path));
}

void require_count(const json* value, std::string_view path, std::int64_t least) {
  const json& count = require_value(value, path);
  constexpr double limit = 9007199254740992;  // 2^53, below which reports compute with it exactly
  const bool fits = count.is_number_integer() && count.get<double>() >= static_cast<double>(least) &&
                    count.get<double>() < limit;
  if (!fits)
    throw RecordDefect(fmt::format("its {} is not an integer of at least {}, below 2^53", path, least));
}

void require_number(const json* value, std::string_view path) {
  if (!require_value(value, path).is_number())
    throw RecordDefect(fmt::format("its {} is not a number", path));
}

void require_number_or_null(const json* value, std::string_view path) {
  if (!require_value(value, path).is_null()) require_number(value, path);
}

void require_amount(const json* value, std::string_view path) {
  require_number(value, path);
  if (value->get<double>() < 0) throw RecordDefect(fmt::format("its {} is below 0", path));
}

void require_seed(const json* value, std::string_view path) {
  const json& seed = require_value(value, path);
  const bool fits = seed.is_number_unsigned() || (seed.is_number_integer() && seed.get<std::int64_t>() >= 0);
  if (!fits) throw RecordDefect(fmt::format("its {} is not an integer of at least 0", path));
}

}  // namespace normlab
