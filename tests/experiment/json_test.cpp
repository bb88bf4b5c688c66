#include "normlab/experiment/json.h"

#include <doctest/doctest.h>

#include "data/idx_files.h"

using namespace normlab;
using namespace normlab::testing;

TEST_CASE("text that is not JSON is refused with line and column") {
  const std::string message = request_error([] { parse_json("{\"a\": 1,\n \"b\" 2}", "spec.json"); });
  CHECK(message.starts_with("spec.json: line 2, column 6 is not JSON: "));
  CHECK(message.ends_with("."));
  CHECK(request_error([] { parse_json("", "x"); }).starts_with("x: line 1, column 1 is not JSON"));
  CHECK(request_error([] { parse_json("[1, 2", "x"); }).starts_with("x: line 1, column 6 is not JSON"));
}

TEST_CASE("values that are nested absurdly deep are refused, as far as they go") {
  const std::string deep = "{\"base\": " + std::string(100000, '[') + std::string(100000, ']') + "}";
  CHECK(contains(request_error([&] { parse_json(deep, "x"); }), "nested"));
}

TEST_CASE("a key that appears twice in one object is refused, and in two objects it is not") {
  CHECK(
      contains(request_error([] { parse_json(R"({"a": {"b": 1, "b": 2}})", "x"); }), "\"b\" appears twice"));
  CHECK_NOTHROW(parse_json(R"({"a": {"b": 1}, "c": [{"b": 1}, {"b": 2}]})", "x"));
}

TEST_CASE("numbers beyond double precision are refused") {
  CHECK(contains(request_error([] { parse_json("[1e999]", "x"); }), "too large"));
}

TEST_CASE("dotted paths find settings, through shorthands too") {
  const Json json =
      parse_json(R"({"model": "lstm", "optimizer": {"name": "sgd", "learning_rate": 0.5}})", "x");
  CHECK(*find_setting(json, "model.name") == "lstm");
  CHECK(*find_setting(json, "optimizer.learning_rate") == 0.5);
  CHECK(find_setting(json, "model.hidden") == nullptr);
  CHECK(find_setting(json, "norm") == nullptr);
  CHECK(find_setting(json, "model.name.name") == nullptr);
}

TEST_CASE("setting within a shorthand keeps the name, and setting a name keeps the other settings") {
  Json json = parse_json(R"({"model": "lstm"})", "x");
  set_setting(json, "model.hidden_size", 64);
  CHECK(json.dump() == R"({"model":{"name":"lstm","hidden_size":64}})");
  set_setting(json, "model", "gru");
  CHECK(json.dump() == R"({"model":{"name":"gru","hidden_size":64}})");
  set_setting(json, "model", Json{{"layers", 2}});
  CHECK(json["model"].dump() == R"({"name":"gru","hidden_size":64,"layers":2})");
}

TEST_CASE("another data set does not inherit the path of the one before") {
  Json json = parse_json(R"({"dataset": {"name": "idx", "path": "folder", "train_limit": 5}})", "x");
  set_setting(json, "dataset", "mnist");
  CHECK(json["dataset"].dump() == R"({"name":"mnist","train_limit":5})");
}

TEST_CASE("shell values are JSON where they can be, and text otherwise") {
  CHECK(parse_shell_value("3e-4") == 3e-4);
  CHECK(parse_shell_value("true") == true);
  CHECK(parse_shell_value("null").is_null());
  CHECK(parse_shell_value("layer") == "layer");
  CHECK(parse_shell_value("nan") == "nan");
  CHECK(parse_shell_value("1e999") == "1e999");
}

TEST_CASE("shell settings split at commas outside brackets and quotes") {
  const ShellSetting sizes = parse_shell_setting("model.hidden=[10,20],[30]");
  CHECK(sizes.path == "model.hidden");
  REQUIRE(sizes.values.size() == 2);
  CHECK(sizes.values[0] == Json::array({10, 20}));
  CHECK(parse_shell_setting(R"(norm={"name":"group","groups":4},layer)").values.size() == 2);
  CHECK(parse_shell_setting(R"(dataset="text:a,b")").values == std::vector<Json>{"text:a,b"});
  CHECK(parse_shell_setting("target=validation.error<=0.1").values ==
        std::vector<Json>{"validation.error<=0.1"});
  for (const char* wrong : {"batch_size", "=4", "batch_size=", "batch_size=4,,8", "batch_size=4,"}) {
    CAPTURE(wrong);
    CHECK(request_error([&] { parse_shell_setting(wrong); }).starts_with("set: "));
  }
}
