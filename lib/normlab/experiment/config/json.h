// JSON as specs use it: addressed by dotted paths, and set from the shell.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "normlab/core/json.h"

namespace normlab {

// The value at a dotted path ("optimizer.learning_rate"), or null pointer. A string or a number in place of
// an object is its shorthand: "model.name" finds "lstm" in {"model": "lstm"}.
const Json* find_setting(const Json& settings, std::string_view path);

// The settings that are objects with a name: dataset, model, norm, init, optimizer, schedule.
bool is_named_object(std::string_view path);

// Sets the value at a dotted path, making objects on the way; a shorthand on the way becomes the object that
// it stands for. A name or an object set for dataset, model, norm, init, optimizer or schedule changes what
// it says and keeps the other settings there; anything else is replaced. RequestError for an empty part in
// `path`, and for one with more parts than JSON may be deep.
void set_setting(Json& settings, std::string_view path, const Json& value);

// Removes what stands at a dotted path, if anything does.
void remove_setting(Json& settings, std::string_view path);

// A value as written on a command line: JSON when it is JSON, otherwise the text itself. RequestError naming
// `option` when it is JSON that parse_json refuses (nested too deep, a key twice), or is not UTF-8.
Json parse_shell_value(std::string_view text, std::string_view option = "set");

// "KEY=V1,V2": the key and its values, split at commas outside brackets, braces and quotes. RequestError
// naming `option` when there is no key, or no value.
struct ShellSetting {
  std::string path;
  std::vector<Json> values;
};
ShellSetting parse_shell_setting(std::string_view text, std::string_view option = "set");

}  // namespace normlab
