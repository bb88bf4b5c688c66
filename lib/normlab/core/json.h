// JSON as it comes from files, arguments and checkpoints. All of it is read here: what is parsed is never
// nested so deep, nor so large, that walking it, writing it or freeing it could fail.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace normlab {

// Keeps the order of its keys, so that files read as they were meant.
using Json = nlohmann::ordered_json;

inline constexpr int deepest_json = 64;                              // arrays and objects within each other
inline constexpr std::size_t longest_json = std::size_t{256} << 20;  // bytes

// Parses `text`. RequestError naming `source`, with line and column when it is not JSON; when an object names
// a key twice, when a number is beyond double precision, when values are nested more than deepest_json deep,
// and when it is longer than longest_json. RunError when memory does not suffice.
Json parse_json(std::string_view text, std::string_view source);
// The same with the keys of each object sorted.
nlohmann::json parse_sorted_json(std::string_view text, std::string_view source);
// The same as parse_json, but nothing when `text` is not JSON or has a number that is too large.
std::optional<Json> parse_json_if_valid(std::string_view text, std::string_view source);

// Reads FILE, which is a regular file. RequestError naming `field` when it cannot be read or is too long, and
// as parse_json does.
Json read_json(const std::filesystem::path& file, std::string_view field);
nlohmann::json read_sorted_json(const std::filesystem::path& file, std::string_view field);

// The value at a dotted path ("convergence.epochs"), or null.
template <class Object>
const Object* value_at(const Object& object, std::string_view dotted_path) {
  const Object* here = &object;
  while (true) {
    const std::size_t dot = dotted_path.find('.');
    if (!here->is_object()) return nullptr;
    const auto member = here->find(std::string(dotted_path.substr(0, dot)));
    if (member == here->end()) return nullptr;
    here = &*member;
    if (dot == std::string_view::npos) return here;
    dotted_path.remove_prefix(dot + 1);
  }
}

// The value as a refusal shows it: JSON on one line, shortened when it is long.
std::string shown(const Json& value);

}  // namespace normlab
