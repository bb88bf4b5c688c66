#include "normlab/core/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <set>
#include <vector>

#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/json_events.h"
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

// The keys of the objects that are open, each with the names that it has had.
class OpenObjects {
 public:
  void open() { objects_.push_back({used_, {}}); }
  void close() {
    used_ = objects_.back().first;
    objects_.pop_back();
  }
  // How many keys the innermost object has with this one; 0 when it has it already.
  std::size_t add(const std::string& key) {
    Object& object = objects_.back();
    const auto first = names_.begin() + static_cast<std::ptrdiff_t>(object.first);
    const auto last = names_.begin() + static_cast<std::ptrdiff_t>(used_);
    if (std::find(first, last, key) != last || object.others.contains(key)) return 0;
    if (used_ - object.first == few) {
      object.others.insert(key);
    } else {
      if (used_ == names_.size()) names_.emplace_back();
      names_[used_++] = key;
    }
    return used_ - object.first + object.others.size();
  }

 private:
  // So many are looked at one by one, in strings that are used again for the next object.
  static constexpr std::size_t few = 32;
  struct Object {
    std::size_t first;
    std::set<std::string> others;
  };
  std::vector<std::string> names_;
  std::size_t used_ = 0;
  std::vector<Object> objects_;
};

// What the library says of a text that is not JSON, or has a number beyond double precision.
struct NotJson {
  std::size_t bytes;  // read when it noticed
  std::string reason;
  bool is_large_number;
};

// The library's events, handed on as JsonEvents. Refuses an object that names a key twice (JSON would
// silently keep one of the two values) or has more than `most_keys`, and nesting that no recursion survives,
// before anyone is told of it.
class Guard {
 public:
  Guard(std::string_view source, JsonEvents& events, std::size_t most_keys)
      : source_(source), events_(events), most_keys_(most_keys) {}

  bool null() { return tell(nullptr); }
  bool boolean(bool value) { return tell(value); }
  bool number_integer(std::int64_t value) { return tell(value); }
  bool number_unsigned(std::uint64_t value) { return tell(value); }
  bool number_float(double value, const std::string&) { return tell(value); }
  bool string(std::string& value) { return tell(std::move(value)); }
  bool binary(nlohmann::json::binary_t&) { return true; }  // not in a text
  bool start_object(std::size_t) {
    enter();
    keys_.open();
    events_.start_object();
    return true;
  }
  bool end_object() {
    keys_.close();
    return leave();
  }
  bool start_array(std::size_t) {
    enter();
    events_.start_array();
    return true;
  }
  bool end_array() { return leave(); }

  bool key(std::string& name) {
    const std::size_t count = keys_.add(name);
    if (count == 0) {
      throw RequestError(fmt::format("{}: the key {} appears twice in one object; once is allowed.", source_,
                                     quotation(name)));
    }
    if (count > most_keys_) {
      throw RequestError(
          fmt::format("{}: an object has more than {} keys, and fewer are allowed.", source_, most_keys_));
    }
    events_.key(name);
    return true;
  }

  bool parse_error(std::size_t bytes, const std::string&, const nlohmann::json::exception& error) {
    const bool is_large_number = dynamic_cast<const nlohmann::json::out_of_range*>(&error) != nullptr;
    throw NotJson{bytes, reason_of(error), is_large_number};
  }

 private:
  void enter() {
    if (depth_++ < deepest_json) return;
    throw RequestError(fmt::format("{}: values are nested more than {} deep, and fewer are allowed.", source_,
                                   deepest_json));
  }
  bool leave() {
    --depth_;
    events_.end();
    return true;
  }
  template <class Scalar>
  bool tell(Scalar&& scalar) {
    events_.value(std::forward<Scalar>(scalar));
    return true;
  }

  std::string_view source_;
  JsonEvents& events_;
  std::size_t most_keys_;
  int depth_ = 0;
  OpenObjects keys_;
};

[[noreturn]] void refuse_length(std::string_view source) {
  throw RequestError(fmt::format("{}: JSON of more than {} MiB is not read.", source, longest_json >> 20));
}

// NotJson where `text` is not.
void read_guarded(std::string_view text, const std::string& source, JsonEvents& events,
                  std::size_t most_keys) {
  if (text.size() > longest_json) refuse_length(source);
  Guard guard(source, events, most_keys);
  try {
    nlohmann::json::sax_parse(text.begin(), text.end(), &guard);
  } catch (const std::bad_alloc&) {
    throw RunError(fmt::format("not enough memory to read {}.", source));
  }
}

void read_or_refuse(std::string_view text, std::string_view source, JsonEvents& events,
                    std::size_t most_keys = std::string::npos) {
  const std::string name = shortened(source);
  // The library takes a byte of zero for the end.
  if (const std::size_t zero = text.find('\0'); zero != text.npos) {
    const Place place = place_of(text, zero);
    throw RequestError(
        fmt::format("{}: line {}, column {} is not JSON: a byte of zero.", name, place.line, place.column));
  }
  try {
    read_guarded(text, name, events, most_keys);
  } catch (const NotJson& problem) {
    if (problem.is_large_number)
      throw RequestError(fmt::format("{}: a number is too large; double precision is allowed.", name));
    // The library counts the byte that it stumbled over from one.
    const Place place = place_of(text, problem.bytes == 0 ? 0 : problem.bytes - 1);
    throw RequestError(fmt::format("{}: line {}, column {} is not JSON: {}.", name, place.line, place.column,
                                   problem.reason));
  }
}

}  // namespace

void read_json_events(std::string_view text, std::string_view source, JsonEvents& events) {
  read_or_refuse(text, source, events);
}

Json parse_json(std::string_view text, std::string_view source) {
  JsonTreeBuilder<Json> tree;
  read_or_refuse(text, source, tree, most_ordered_keys);
  return tree.take();
}

nlohmann::json parse_sorted_json(std::string_view text, std::string_view source) {
  JsonTreeBuilder<nlohmann::json> tree;
  read_or_refuse(text, source, tree);
  return tree.take();
}

std::optional<Json> parse_json_if_valid(std::string_view text, std::string_view source) {
  if (text.find('\0') != text.npos) return std::nullopt;
  try {
    JsonTreeBuilder<Json> tree;
    read_guarded(text, shortened(source), tree, most_ordered_keys);
    return tree.take();
  } catch (const NotJson&) {
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
