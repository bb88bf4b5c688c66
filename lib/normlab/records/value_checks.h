// What a value of a record must be. Each check throws RecordDefect that names the value by its `path`; a null
// pointer is a value that is not there.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "normlab/core/json.h"

namespace normlab {

// Why something is no record, as the end of a sentence: "its id is …".
class RecordDefect : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

const nlohmann::json& require_value(const nlohmann::json* value, std::string_view path);
std::string require_text(const nlohmann::json* value, std::string_view path);  // of at least one byte
void require_object(const nlohmann::json* value, std::string_view path);
void require_count(const nlohmann::json* value, std::string_view path, std::int64_t least = 0);
// A reader of JSON has refused numbers beyond double precision; what was not finite was written as null.
void require_number(const nlohmann::json* value, std::string_view path);
void require_number_or_null(const nlohmann::json* value, std::string_view path);
void require_amount(const nlohmann::json* value, std::string_view path);  // a number of at least 0
void require_seed(const nlohmann::json* value, std::string_view path);    // all of 64 bits count

// The same of what stands at `path` in a record.
inline std::string require_text(const nlohmann::json& record, std::string_view path) {
  return require_text(value_at(record, path), path);
}
inline void require_object(const nlohmann::json& record, std::string_view path) {
  require_object(value_at(record, path), path);
}
inline void require_count(const nlohmann::json& record, std::string_view path, std::int64_t least = 0) {
  require_count(value_at(record, path), path, least);
}
inline void require_number(const nlohmann::json& record, std::string_view path) {
  require_number(value_at(record, path), path);
}
inline void require_number_or_null(const nlohmann::json& record, std::string_view path) {
  require_number_or_null(value_at(record, path), path);
}
inline void require_amount(const nlohmann::json& record, std::string_view path) {
  require_amount(value_at(record, path), path);
}

}  // namespace normlab
