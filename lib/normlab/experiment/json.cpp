#include "normlab/experiment/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "normlab/core/error.h"
#include "normlab/core/file.h"

namespace normlab {
namespace {

struct Place {
  std::size_t line = 1, column = 1;
};

Place place_of(std::string_view text, std::size_t byte) {
  const std::string_view before = text.substr(0, std::min(byte, text.size()));
  const std::size_t start_of_line = before.rfind('\n') + 1;  // npos + 1 == 0
  return {static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1,
          before.size() - start_of_line + 1};
}

// The library's message without its own prefix: "unexpected end of input; expected '}'".
std::string reason_of(const Json::parse_error& error) {
  const std::string text = error.what();
  const std::size_t dash = text.rfind(" - ");
  std::string reason = dash == std::string::npos ? text : text.substr(dash + 3);
  std::replace(reason.begin(), reason.end(), '\n', ' ');
  return reason;
}

// Far deeper than any setting, and far from where functions that walk a value by recursion run out of stack.
constexpr int deepest_nesting = 64;

// Refuses an object that names a key twice (JSON would silently keep one of the two values), and absurd
// nesting.
class DuplicateKeys {
 public:
  explicit DuplicateKeys(std::string_view source) : source_(source) {}

  bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > deepest_nesting) {
      throw RequestError(fmt::format("{}: values are nested more than {} deep, and fewer are allowed.",
                                     source_, deepest_nesting));
    }
    if (event == Json::parse_event_t::object_start) seen_.emplace_back();
    if (event == Json::parse_event_t::object_end) seen_.pop_back();
    if (event == Json::parse_event_t::key && !seen_.back().insert(parsed.get<std::string>()).second) {
      throw RequestError(fmt::format("{}: the key {} appears twice in one object; once is allowed.", source_,
                                     parsed.dump()));
    }
    return true;
  }

 private:
  std::string source_;
  std::vector<std::set<std::string>> seen_;
};

// The object that a shorthand stands for: {"name": "lstm"}. A number in place of an object (evaluate_every,
// budget) is replaced by what is set.
Json expand_shorthand(const Json& value) {
  Json object = Json::object();
  if (value.is_string()) object["name"] = value;
  return object;
}

// The settings that are objects with a name.
bool is_named_object(std::string_view path) {
  static constexpr std::string_view named[] = {"dataset", "model", "norm", "init", "optimizer", "schedule"};
  return std::find(std::begin(named), std::end(named), path) != std::end(named);
}

// Sets what `value` says, and keeps the rest.
void merge_named_object(Json& object, std::string_view path, const Json& value) {
  if (path == "dataset") object.erase("path");  // belongs to the name
  const Json said = value.is_string() ? expand_shorthand(value) : value;
  for (const auto& item : said.items()) object[item.key()] = item.value();
}

}  // namespace

Json parse_json(std::string_view text, std::string_view source) {
  DuplicateKeys duplicate_keys(source);
  try {
    return Json::parse(text.begin(), text.end(), std::ref(duplicate_keys));
  } catch (const Json::parse_error& error) {
    // The library counts the byte that it stumbled over from one.
    const Place place = place_of(text, error.byte == 0 ? 0 : error.byte - 1);
    throw RequestError(fmt::format("{}: line {}, column {} is not JSON: {}.", source, place.line,
                                   place.column, reason_of(error)));
  } catch (const Json::out_of_range&) {
    throw RequestError(fmt::format("{}: a number is too large; double precision is allowed.", source));
  }
}

Json read_json(const std::filesystem::path& file, std::string_view field) {
  return parse_json(read_text(file, field), file.string());
}

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

void set_setting(Json& settings, std::string_view path, const Json& value) {
  Json* here = &settings;
  for (std::string_view rest = path;;) {
    const std::size_t dot = rest.find('.');
    const std::string key(rest.substr(0, dot));
    if (key.empty())
      refuse("set", fmt::format("\"{}\"", path), "a setting is named like optimizer.learning_rate");
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

Json parse_shell_value(std::string_view text) {
  try {
    return Json::parse(text.begin(), text.end());
  } catch (const Json::exception&) {
    return std::string(text);
  }
}

ShellSetting parse_shell_setting(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    refuse("set", fmt::format("\"{}\"", text), "it has the form KEY=VALUE, or KEY=V1,V2 in a sweep");
  }
  ShellSetting setting{std::string(text.substr(0, equals)), {}};
  const std::string_view values = text.substr(equals + 1);
  int depth = 0;
  bool quoted = false;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= values.size(); ++i) {
    if (i < values.size() && (quoted || depth > 0 || values[i] != ',')) {
      if (values[i] == '"') quoted = !quoted;
      if (!quoted && (values[i] == '[' || values[i] == '{')) ++depth;
      if (!quoted && (values[i] == ']' || values[i] == '}')) --depth;
      continue;
    }
    if (i == start)
      refuse("set", fmt::format("\"{}\"", text), "each value between commas has at least one character");
    setting.values.push_back(parse_shell_value(values.substr(start, i - start)));
    start = i + 1;
  }
  return setting;
}

std::string shown(const Json& value) {
  constexpr std::size_t longest = 80;
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > longest) text = text.substr(0, longest) + "...";
  return text;
}

}  // namespace normlab
