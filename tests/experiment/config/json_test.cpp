#include "normlab/experiment/config/json.h"

#include <doctest/doctest.h>

#include "data/idx_files.h"

using namespace normlab;
using namespace normlab::testing;

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

TEST_CASE("shell values and names that no value may be made of are refused") {
  CHECK(contains(request_error([] { parse_shell_value(std::string(400000, '[')); }), "nested"));
  CHECK(contains(request_error([] { parse_shell_value(R"({"a":1,"a":2})"); }), "twice"));
  // A record could not hold it: JSON is UTF-8.
  CHECK(contains(request_error([] { parse_shell_value("text:\xff.txt"); }), "UTF-8"));
  std::string path = "a";
  for (int i = 0; i < 100000; ++i) path += ".a";
  Json json = Json::object();
  CHECK(request_error([&] { set_setting(json, path, 1); }).size() < 250);
}

TEST_CASE("shell settings split at commas outside brackets and quotes") {
  const ShellSetting sizes = parse_shell_setting("model.hidden=[10,20],[30]");
  CHECK(sizes.path == "model.hidden");
  REQUIRE(sizes.values.size() == 2);
  CHECK(sizes.values[0] == Json::array({10, 20}));
  CHECK(parse_shell_setting(R"(norm={"name":"group","groups":4},layer)").values.size() == 2);
  CHECK(parse_shell_setting(R"(dataset="text:a,b")").values == std::vector<Json>{"text:a,b"});
  CHECK(parse_shell_setting(R"(dataset="text:a\",b",mnist)").values ==
        std::vector<Json>{"text:a\",b", "mnist"});
  CHECK(parse_shell_setting("target=validation.error<=0.1").values ==
        std::vector<Json>{"validation.error<=0.1"});
  for (const char* wrong :
       {"batch_size", "=4", "batch_size=", "batch_size=4,,8", "batch_size=4,", "batch_\xc8=4"}) {
    CAPTURE(wrong);
    CHECK(request_error([&] { parse_shell_setting(wrong); }).starts_with("set: "));
  }
}
