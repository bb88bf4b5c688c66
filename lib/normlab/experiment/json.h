// JSON as specs use it: parsed strictly, addressed by dotted paths, and set from the shell.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace normlab {

// Keeps the order of its keys, so that files read as they were meant.
using Json = nlohmann::ordered_json;

// Parses `text`; RequestError naming `source` with line and column when it is not JSON, or when an object
// names a key twice.
Json parse_json(std::string_view text, std::string_view source);

// Reads FILE; RequestError naming `field` when it cannot be read, and as parse_json does.
Json read_json(const std::filesystem::path& file, std::string_view field);

// The value at a dotted path ("optimizer.learning_rate"), or null pointer. A string or a number in place of
// an object is its shorthand: "model.name" finds "lstm" in {"model": "lstm"}.
const Json* find_setting(const Json& settings, std::string_view path);

// Sets the value at a dotted path, making objects on the way; a shorthand on the way becomes the object that
// it stands for. A name or an object set for dataset, model, norm, init, optimizer or schedule changes what
// it says and keeps the other settings there; anything else is replaced. RequestError for an empty part in
// `path`.
void set_setting(Json& settings, std::string_view path, const Json& value);

// A value as written on a command line: JSON when it is JSON, otherwise the text itself.
Json parse_shell_value(std::string_view text);

// "KEY=V1,V2": the key and its values, split at commas outside brackets, braces and quotes. RequestError
// naming `set` when there is no key, or no value.
struct ShellSetting {
  std::string path;
  std::vector<Json> values;
};
ShellSetting parse_shell_setting(std::string_view text);

// The value as a refusal shows it: JSON on one line, shortened when it is long.
std::string shown(const Json& value);

}  // namespace normlab
