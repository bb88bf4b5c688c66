#include "normlab/core/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <set>
#include <type_traits>
#include <vector>

#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/text.h"

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

// The library's message without its own prefix: "unexpected end of input; expected '}'". It quotes what was
// read last as far as it came, which may be the whole file.
std::string reason_of(const nlohmann::json::exception& error) {
  std::string text = error.what();
  const std::size_t dash = text.find(" - ");
  if (dash != std::string::npos) text.erase(0, dash + 3);
  constexpr std::string_view last_read = "last read: '";
  const std::size_t start = text.find(last_read);
  const std::size_t end = text.rfind('\'');
  if (start == std::string::npos || end < start + last_read.size()) return shortened(text);
  const std::size_t quotation = start + last_read.size();
  return fmt::format("{}{}'", text.substr(0, quotation),
                     shortened(std::string_view(text).substr(quotation, end - quotation)));
}

// Ordered objects find a key by looking at each, so that the time to read one grows with the square of its
// keys.
constexpr std::size_t most_ordered_keys = 20000;

// Refuses an object that names a key twice (JSON would silently keep one of the two values) or has too many
// for the order to be kept, and nesting that no recursion survives, before it is built.
template <class Value>
class Guard {
 public:
  explicit Guard(std::string_view source) : source_(source) {}

  bool operator()(int depth, typename Value::parse_event_t event, Value& parsed) {
    using Event = typename Value::parse_event_t;
    if (depth >= deepest_json && (event == Event::array_start || event == Event::object_start)) {
      throw RequestError(fmt::format("{}: values are nested more than {} deep, and fewer are allowed.",
                                     source_, deepest_json));
    }
    if (event == Event::object_start) seen_.emplace_back();
    if (event == Event::object_end) seen_.pop_back();
    if (event == Event::key) check_key(parsed.template get_ref<const std::string&>());
    return true;
  }

 private:
  void check_key(const std::string& key) {
    std::set<std::string>& keys = seen_.back();
    if (!keys.insert(key).second) {
      throw RequestError(fmt::format("{}: the key {} appears twice in one object; once is allowed.", source_,
                                     quotation(key)));
    }
    if (std::is_same_v<Value, Json> && keys.size() > most_ordered_keys) {
      throw RequestError(fmt::format("{}: an object has more than {} keys, and fewer are allowed.", source_,
                                     most_ordered_keys));
    }
  }

  std::string source_;
  std::vector<std::set<std::string>> seen_;
};

[[noreturn]] void refuse_length(std::string_view source) {
  throw RequestError(fmt::format("{}: JSON of more than {} MiB is not read.", source, longest_json >> 20));
}

// The library's own exceptions where `text` is not JSON or has a number that is too large.
template <class Value>
Value parse_guarded(std::string_view text, const std::string& source) {
  if (text.size() > longest_json) refuse_length(source);
  Guard<Value> guard(source);
  try {
    return Value::parse(text.begin(), text.end(), std::ref(guard));
  } catch (const std::bad_alloc&) {
    throw RunError(fmt::format("not enough memory to read {}.", source));
  }
}

template <class Value>
Value parse_or_refuse(std::string_view text, std::string_view source) {
  const std::string name = shortened(source);
  // The library takes a byte of zero for the end.
  if (const std::size_t zero = text.find('\0'); zero != text.npos) {
    const Place place = place_of(text, zero);
    throw RequestError(
        fmt::format("{}: line {}, column {} is not JSON: a byte of zero.", name, place.line, place.column));
  }
  try {
    return parse_guarded<Value>(text, name);
  } catch (const typename Value::parse_error& error) {
    // The library counts the byte that it stumbled over from one.
    const Place place = place_of(text, error.byte == 0 ? 0 : error.byte - 1);
    throw RequestError(fmt::format("{}: line {}, column {} is not JSON: {}.", name, place.line, place.column,
                                   reason_of(error)));
  } catch (const typename Value::out_of_range&) {
    throw RequestError(fmt::format("{}: a number is too large; double precision is allowed.", name));
  }
}

}  // namespace

Json parse_json(std::string_view text, std::string_view source) {
  return parse_or_refuse<Json>(text, source);
}

nlohmann::json parse_sorted_json(std::string_view text, std::string_view source) {
  return parse_or_refuse<nlohmann::json>(text, source);
}

std::optional<Json> parse_json_if_valid(std::string_view text, std::string_view source) {
  if (text.find('\0') != text.npos) return std::nullopt;
  try {
    return parse_guarded<Json>(text, shortened(source));
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

Json read_json(const std::filesystem::path& file, std::string_view field) {
  return parse_json(read_text(file, field, longest_json), file.string());
}

nlohmann::json read_sorted_json(const std::filesystem::path& file, std::string_view field) {
  return parse_sorted_json(read_text(file, field, longest_json), file.string());
}

std::string shown(const Json& value) {
  return shortened(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace normlab
