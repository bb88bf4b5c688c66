#include "normlab/experiment/config/json.h"

#include <fmt/format.h>

#include <algorithm>

#include "normlab/core/error.h"
#include "normlab/core/text.h"

namespace normlab {
namespace {

// The object that a shorthand stands for: {"name": "lstm"}. A number in place of an object (evaluate_every,
// budget) is replaced by what is set.
Json expand_shorthand(const Json& value) {
  Json object = Json::object();
  if (value.is_string()) object["name"] = value;
  return object;
}

// Sets what `value` says, and keeps the rest.
void merge_named_object(Json& object, std::string_view path, const Json& value) {
  const Json said = value.is_string() ? expand_shorthand(value) : value;
  const auto name = said.find("name");
  const bool renames = name != said.end() && *name != object.value("name", Json());
  if (path == "dataset" && renames) object.erase("path");  // belongs to the name
  for (const auto& item : said.items()) object[item.key()] = item.value();
}

void require_utf8(std::string_view text, std::string_view option) {
  if (!is_utf8(text)) refuse(option, quotation(text), "text in UTF-8 is");
}

}  // namespace

const Json* find_setting(const Json& settings, std::string_view path) {
  const Json* here = &settings;
  while (true) {
    const std::size_t dot = path.find('.');
    const std::string key(path.substr(0, dot));
    if (here->is_string() && key == "name" && dot == std::string_view::npos) return here;
    if (!here->is_object()) return nullptr;
    const auto found = here->find(key);
    if (found == here->end()) return nullptr;
    here = &*found;
    if (dot == std::string_view::npos) return here;
    path.remove_prefix(dot + 1);
  }
}

bool is_named_object(std::string_view path) {
  static constexpr std::string_view named[] = {"dataset", "model", "norm", "init", "optimizer", "schedule"};
  return std::find(std::begin(named), std::end(named), path) != std::end(named);
}

void set_setting(Json& settings, std::string_view path, const Json& value) {
  if (std::count(path.begin(), path.end(), '.') >= deepest_json) {
    refuse("set", quotation(path), fmt::format("a setting's name of at most {} parts is", deepest_json));
  }
  Json* here = &settings;
  for (std::string_view rest = path;;) {
    const std::size_t dot = rest.find('.');
    const std::string key(rest.substr(0, dot));
    if (key.empty()) refuse("set", quotation(path), "a setting is named like optimizer.learning_rate");
    if (!here->is_object()) *here = expand_shorthand(*here);
    here = &(*here)[key];
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  if (is_named_object(path) && here->is_object() && (value.is_string() || value.is_object())) {
    merge_named_object(*here, path, value);
  } else {
    *here = value;
  }
}

void remove_setting(Json& settings, std::string_view path) {
  Json* object = &settings;
  for (std::size_t dot; (dot = path.find('.')) != std::string_view::npos; path.remove_prefix(dot + 1)) {
    if (!object->is_object()) return;
    const auto found = object->find(std::string(path.substr(0, dot)));
    if (found == object->end()) return;
    object = &*found;
  }
  if (object->is_object()) object->erase(std::string(path));
}

Json parse_shell_value(std::string_view text, std::string_view option) {
  require_utf8(text, option);
  if (std::optional<Json> value = parse_json_if_valid(text, option)) return *std::move(value);
  return std::string(text);
}

ShellSetting parse_shell_setting(std::string_view text, std::string_view option) {
  require_utf8(text, option);
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    refuse(option, quotation(text), "it has the form KEY=VALUE, or KEY=V1,V2 in a sweep");
  }
  ShellSetting setting{std::string(text.substr(0, equals)), {}};
  const std::string_view values = text.substr(equals + 1);
  int depth = 0;
  bool quoted = false;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= values.size(); ++i) {
    if (i < values.size() && (quoted || depth > 0 || values[i] != ',')) {
      if (quoted && values[i] == '\\' && i + 1 < values.size()) {
        ++i;  // what is escaped ends no quotation
        continue;
      }
      if (values[i] == '"') quoted = !quoted;
      if (!quoted && (values[i] == '[' || values[i] == '{')) ++depth;
      if (!quoted && (values[i] == ']' || values[i] == '}')) --depth;
      continue;
    }
    if (i == start) refuse(option, quotation(text), "each value between commas has at least one character");
    setting.values.push_back(parse_shell_value(values.substr(start, i - start), option));
    start = i + 1;
  }
  return setting;
}

}  // namespace normlab
