#include "normlab/experiment/spec/tune_spec.h"

#include <doctest/doctest.h>

#include "data/idx_files.h"
#include "normlab/experiment/spec/sweep_spec.h"

using namespace normlab;
using namespace normlab::testing;

namespace {

TuneSpec tune_of(const std::string& text) {
  return parse_tune_spec(parse_json(text, "test"));
}

std::string tune_refusal(const std::string& text) {
  return request_error([&] { tune_of(text); });
}

// A search whose space is `space`.
std::string with_space(const std::string& space) {
  return R"({"space": )" + space + R"(, "trials": 3, "seeds": [101]})";
}

}  // namespace

TEST_CASE("a search says its space, trials, seeds and cells, and is written as it is read") {
  const TuneSpec tune = tune_of(R"({"space": {"optimizer.learning_rate": {"log": [1e-4, 1e-1]},
      "optimizer.momentum": {"linear": [0.5, 0.9]}, "schedule.warmup_steps": {"integer": [0, 100]},
      "schedule": {"choices": ["constant", "cosine"]}}, "trials": 15, "seeds": "101..103"})");
  REQUIRE(tune.space.size() == 4);
  CHECK(tune.space[0].path == "optimizer.learning_rate");
  CHECK(tune.space[0].kind == SearchKind::log);
  CHECK(tune.space[0].low == 1e-4);
  CHECK(tune.space[0].high == 0.1);
  CHECK(tune.space[1].kind == SearchKind::linear);
  CHECK(tune.space[2].kind == SearchKind::integer);
  CHECK(tune.space[3].choices == std::vector<Json>{"constant", "cosine"});
  CHECK(tune.trials == 15);
  CHECK(tune.seeds == std::vector<std::uint64_t>{101, 102, 103});
  CHECK(tune.per == std::vector<std::string>{"model", "norm", "batch_size"});
  CHECK(tune.halving);
  const Json written = to_json(tune);
  CHECK(to_json(parse_tune_spec(written)) == written);
  CHECK(written["space"]["schedule.warmup_steps"].dump() == R"({"integer":[0,100]})");
}

TEST_CASE("a sweep keeps its search, and takes either a search or what was found") {
  const char* const tune =
      R"("tune": {"space": {"optimizer.learning_rate": {"log": [1e-4, 1]}}, "trials": 2, "seeds": [9]})";
  const std::string base = R"({"base": {"dataset": "synthetic"}, )";
  const SweepSpec spec = parse_sweep_spec(parse_json(base + tune + "}", "test"), "test");
  REQUIRE(spec.tune);
  CHECK(to_json(spec)["tune"] == to_json(*spec.tune));
  CHECK(parse_sweep_spec(parse_json(base + R"("tuned": "a/tuned.json"})", "test"), "test").tuned ==
        "a/tuned.json");
  CHECK(contains(request_error([&] {
                   parse_sweep_spec(parse_json(base + tune + R"(, "tuned": "a"})", "test"), "test");
                 }),
                 "tuned: \"a\""));
}

TEST_CASE("search spaces that are empty, reversed or of a wrong type are refused by their names") {
  for (const auto& one : std::vector<std::pair<std::string, std::string>>{
           {"{}", "tune.space: {}"},
           {"[]", "tune.space: []"},
           {R"({"x": {"log": [1, 0.1]}})", "tune.space.x: [1,0.1]"},
           {R"({"x": {"linear": [1, 1]}})", "tune.space.x: [1,1]"},
           {R"({"x": {"log": [0, 1]}})", "above 0"},
           {R"({"x": {"log": [1]}})", "tune.space.x: [1]"},
           {R"({"x": {"log": ["a", 1]}})", "tune.space.x: [\"a\",1]"},
           {R"({"x": {"integer": [0.5, 2]}})", "two integers"},
           {R"({"x": {"choices": []}})", "tune.space.x: []"},
           {R"({"x": {"choices": [1, 1]}})", "listed twice"},
           {R"({"x": {"choices": 3}})", "a list of values"},
           {R"({"x": {"logarithmic": [1, 2]}})", "tune.space.x: unknown name \"logarithmic\""},
           {R"({"x": [1, 2]})", "tune.space.x: [1,2]"},
           {R"({"seed": {"integer": [1, 2]}})", "tune.space: \"seed\""},
           {R"({"target": {"choices": ["validation.error<=0.5"]}})", "tune.space: \"target\""},
           {R"({"x": {"log": [1, 2], "linear": [1, 2]}})", "tune.space.x"}}) {
    const auto& space = one.first;
    const auto& words = one.second;
    CAPTURE(space);
    const std::string message = tune_refusal(with_space(space));
    CAPTURE(message);
    CHECK(contains(message, words));
  }
}

TEST_CASE("what else is wrong with a search is refused by its name") {
  const std::string space = R"("space": {"x": {"log": [1, 2]}})";
  for (const auto& one : std::vector<std::pair<std::string, std::string>>{
           {"", "trials"},
           {R"(, "trials": 0, "seeds": [1])", "tune.trials: 0"},
           {R"(, "trials": 2.5, "seeds": [1])", "tune.trials: 2.5"},
           {R"(, "trials": 2)", "seeds"},
           {R"(, "trials": 2, "seeds": [])", "tune.seeds: []"},
           {R"(, "trials": 2, "seeds": [1, 1])", "tune.seeds: 1"},
           {R"(, "trials": 2, "seeds": [-1])", "tune.seeds: -1"},
           {R"(, "trials": 2, "seeds": 7)", "tune.seeds: 7"},
           {R"(, "trials": 2, "seeds": [1], "per": [])", "tune.per: []"},
           {R"(, "trials": 2, "seeds": [1], "per": ["seed"])", "tune.per: \"seed\""},
           {R"(, "trials": 2, "seeds": [1], "per": ["x"])", "tune.per: \"x\""},
           {R"(, "trials": 2, "seeds": [1], "halving": 1)", "tune.halving: 1"},
           {R"(, "trials": 2, "seeds": [1], "budget": 1)", "tune: unknown name \"budget\""}}) {
    const auto& rest = one.first;
    const auto& words = one.second;
    CAPTURE(rest);
    const std::string message = tune_refusal("{" + space + rest + "}");
    CAPTURE(message);
    CHECK(contains(message, words));
  }
}
