#include "normlab/records/record_split.h"

#include <doctest/doctest.h>

#include <vector>

#include "normlab/core/error.h"
#include "synthetic_records.h"

using namespace normlab;
using nlohmann::json;

TEST_CASE("a record comes apart into its evaluations, in their order, and the rest") {
  json whole = synthetic_record({.epochs_to_target = 4});
  whole["model"]["evaluations"] = {{{"of", "something else"}}};
  for (std::size_t i = 0; i < whole["evaluations"].size(); ++i)
    whole["evaluations"][i]["layers"] = {{{"name", "hidden_l0"}, {"gradient_norm", i}}};
  std::vector<json> found;
  json rest = read_evaluations(whole.dump(), "its text", [&](const json& each) { found.push_back(each); });
  CHECK(found == whole["evaluations"].get<std::vector<json>>());
  CHECK(rest["evaluations"] == json::array());
  rest["evaluations"] = whole["evaluations"];
  CHECK(rest == whole);
}

TEST_CASE("evaluations that are no objects come as they are, and text that is not JSON is refused") {
  std::vector<json> found;
  const auto keep = [&](const json& each) { found.push_back(each); };
  const json rest = read_evaluations(R"({"evaluations": [1, [2, 3], null, {"a": {}}], "b": 2})", "x", keep);
  CHECK(found == std::vector<json>{1, json::array({2, 3}), nullptr, {{"a", json::object()}}});
  CHECK(rest == json{{"evaluations", json::array()}, {"b", 2}});
  CHECK_THROWS_AS(read_evaluations(R"({"evaluations": [1)", "x", keep), RequestError);
}
