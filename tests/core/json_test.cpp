#include "normlab/core/json.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "data/idx_files.h"
#include "normlab/core/json_events.h"

using namespace normlab;
using namespace normlab::testing;

TEST_CASE("text that is not JSON is refused with line and column") {
  const std::string message = request_error([] { parse_json("{\"a\": 1,\n \"b\" 2}", "spec.json"); });
  CHECK(message.starts_with("spec.json: line 2, column 6 is not JSON: "));
  CHECK(message.ends_with("."));
  CHECK(request_error([] { parse_json("", "x"); }).starts_with("x: line 1, column 1 is not JSON"));
  CHECK(request_error([] { parse_json("[1, 2", "x"); }).starts_with("x: line 1, column 6 is not JSON"));
}

TEST_CASE("a byte of zero is no end, and what stands behind it is not passed over") {
  using namespace std::string_literals;
  for (const std::string& text : {"{}\0"s, "{}\0{}"s, "{\"a\": 1}\n\0"s, "\0{}"s}) {
    CHECK_THROWS_AS(parse_json(text, "spec"), RequestError);
    CHECK_THROWS_AS(parse_sorted_json(text, "spec"), RequestError);
    CHECK_FALSE(parse_json_if_valid(text, "spec").has_value());
  }
  CHECK(request_error([] { parse_json("{}\n \0"s, "spec"); }) ==
        "spec: line 2, column 2 is not JSON: a byte of zero.");
}

TEST_CASE("what is not JSON is quoted no longer than 80 characters, and escaped") {
  const std::string message = request_error([] { parse_json("\"" + std::string(100000, 'a'), "x"); });
  CHECK(message.size() < 250);
  CHECK(contains(message, "last read: '\"aaa"));
  CHECK_FALSE(contains(request_error([] { parse_json("\x1b[31m", "x"); }), "\x1b"));
}

// Whatever walks a value by recursion (writing, copying, freeing it) would run out of stack.
TEST_CASE("arrays and objects 400,000 deep are refused before they are built, by every reader") {
  constexpr std::size_t deep = 400000;
  std::string objects;
  for (std::size_t i = 0; i < deep; ++i) objects += R"({"a":)";
  for (const std::string& text :
       {std::string(deep, '['), std::string(deep, '[') + std::string(deep, ']'), objects}) {
    CHECK(contains(request_error([&] { parse_json(text, "x"); }), "nested more than 64 deep"));
    CHECK(contains(request_error([&] { parse_sorted_json(text, "x"); }), "nested more than 64 deep"));
    CHECK(contains(request_error([&] { parse_json_if_valid(text, "x"); }), "nested more than 64 deep"));
  }
  CHECK_NOTHROW(parse_json(std::string(64, '[') + std::string(64, ']'), "x"));
  CHECK_THROWS_AS(parse_json(std::string(65, '[') + std::string(65, ']'), "x"), RequestError);
}

TEST_CASE("a key that appears twice in one object is refused, and in two objects it is not") {
  CHECK(
      contains(request_error([] { parse_json(R"({"a": {"b": 1, "b": 2}})", "x"); }), "\"b\" appears twice"));
  CHECK_THROWS_AS(parse_sorted_json(R"({"a": 1, "a": 1})", "x"), RequestError);
  CHECK_NOTHROW(parse_json(R"({"a": {"b": 1}, "c": [{"b": 1}, {"b": 2}]})", "x"));
}

TEST_CASE("a text that ends too soon is told by its place and what was expected") {
  CHECK(request_error([] { parse_json("{", "x"); }) ==
        "x: line 1, column 2 is not JSON: unexpected end of input; expected string literal.");
  CHECK(request_error([] { parse_json("[1\n,nul", "x"); }) ==
        "x: line 2, column 5 is not JSON: invalid literal; last read: '1<U+000A>,nul'.");
}

TEST_CASE("numbers beyond double precision are refused") {
  CHECK(contains(request_error([] { parse_json("[1e999]", "x"); }), "too large"));
}

TEST_CASE("an object with so many keys that keeping their order takes quadratic time is refused") {
  std::string text = "{\"k\":0";
  for (int i = 0; i < 40000; ++i) text += ",\"" + std::to_string(i) + "\":0";
  text += '}';
  CHECK(contains(request_error([&] { parse_json(text, "x"); }), "keys"));
  CHECK(parse_sorted_json(text, "x").size() == 40001);
}

TEST_CASE("a text that is no JSON is told from one that is refused") {
  CHECK(parse_json_if_valid("[1]", "x") == Json::array({1}));
  CHECK_FALSE(parse_json_if_valid("layer", "x"));
  CHECK_FALSE(parse_json_if_valid("1e999", "x"));
}

TEST_CASE("a key is found twice among few and among many, in each object anew") {
  for (const int count : {2, 31, 32, 33, 100}) {
    CAPTURE(count);
    std::string keys;
    for (int i = 0; i < count; ++i) keys += fmt::format(R"("key{}": {{"key0": {{}}, "key1": [{{}}]}}, )", i);
    CHECK_NOTHROW(parse_json("{" + keys + R"("last": 1})", "x"));
    for (const int again : {0, count - 1})
      CHECK_THROWS_AS(parse_json("{" + keys + fmt::format(R"("key{}": 1}})", again), "x"), RequestError);
  }
}

namespace {

// Writes down what it is told.
class Told final : public JsonEvents {
 public:
  void start_object() override { text += "{ "; }
  void start_array() override { text += "[ "; }
  void end() override { text += "end "; }
  void key(std::string& name) override { text += name + ": "; }
  void value(nlohmann::json scalar) override { text += scalar.dump() + " "; }
  std::string text;
};

}  // namespace

TEST_CASE("events come in the order of the text, up to what is refused") {
  Told told;
  read_json_events(R"({"a": [1, -2, 2.5, "t"], "b": {"c": null, "d": true}})", "x", told);
  CHECK(told.text == R"({ a: [ 1 -2 2.5 "t" end b: { c: null d: true end end )");
  for (const char* text : {R"({"a": 1, "a": 2})", R"({"a": 1, )", R"({"a": 1} 2)"}) {
    CAPTURE(text);
    Told refused;
    CHECK_THROWS_AS(read_json_events(text, "x", refused), RequestError);
    CHECK(refused.text.starts_with("{ a: 1 "));
    CHECK(refused.text.find('2') == std::string::npos);
  }
}
