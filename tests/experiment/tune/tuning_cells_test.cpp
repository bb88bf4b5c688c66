#include "normlab/experiment/tune/tuning_cells.h"

#include <doctest/doctest.h>

#include "data/idx_files.h"

using namespace normlab;
using namespace normlab::testing;

namespace {

SweepSpec tuned_spec(const std::string& rest, const std::string& per = "") {
  return parse_sweep_spec(
      parse_json(
          R"({"tune": {"space": {"optimizer.learning_rate": {"log": [1e-4, 1]}}, "trials": 2, "seeds": [9])" +
              per + "}, " + rest + "}",
          "test"),
      "test");
}

Json when_of(const TuningCell& cell) {
  Json json = Json::object();
  for (const auto& [path, value] : cell.when) json[path] = value;
  return json;
}

}  // namespace

TEST_CASE("runs that differ in seeds and in what is not asked for share a choice") {
  const SweepSpec spec =
      tuned_spec(R"("base": {"dataset": "synthetic"}, "grid": {"norm": ["none", "instance", "layer"],
                     "batch_size": [4, 8], "init.scale": [1, 2], "seed": [1, 2, 3]})");
  const std::vector<SweepRun> runs = expand(spec);
  const std::vector<TuningCell> cells = tuning_cells(spec, runs);
  REQUIRE(cells.size() == 4);  // instance norm is undefined on vectors
  CHECK(when_of(cells[0]) == Json{{"model.name", "mlp"}, {"norm.name", "none"}, {"batch_size", 4}});
  CHECK(when_of(cells[3]) == Json{{"model.name", "mlp"}, {"norm.name", "layer"}, {"batch_size", 8}});
  CHECK(cells[3].name == "mlp layer, batch size 8");
  for (const TuningCell& cell : cells) {
    CHECK(cell.runs.size() == 6);
    for (const std::size_t place : cell.runs) {
      CHECK(runs[place].config.batch_size == cell.when[2].second.get<Index>());
    }
  }
}

TEST_CASE("what is called the same and is not alike is told apart by what differs") {
  const SweepSpec spec = tuned_spec(
      R"("base": {"dataset": "synthetic"},
         "grid": {"model": [{"name": "mlp", "hidden": [8]}, {"name": "mlp", "hidden": [16, 16]}, "cnn"]})",
      R"(, "per": ["model"])");
  const std::vector<TuningCell> cells = tuning_cells(spec, expand(spec));
  REQUIRE(cells.size() == 3);
  CHECK(when_of(cells[0]) == Json{{"model.name", "mlp"}, {"model.hidden", {8}}});
  CHECK(when_of(cells[1]) == Json{{"model.name", "mlp"}, {"model.hidden", {16, 16}}});
  CHECK(when_of(cells[2]) == Json{{"model.name", "cnn"}});
}

TEST_CASE("cells by a setting that runs do not have, or that an override sets, are refused") {
  const auto refusal = [](const std::string& rest, const std::string& per) {
    const SweepSpec spec = tuned_spec(rest, per);
    return request_error([&] { tuning_cells(spec, expand(spec)); });
  };
  CHECK(contains(refusal(R"("base": {"dataset": "synthetic"}, "grid": {"model": ["mlp", "lstm"]})",
                         R"(, "per": ["model.hidden_size"])"),
                 "tune.per: \"model.hidden_size\""));
  CHECK(contains(refusal(R"("base": {"dataset": "synthetic"}, "grid": {"norm": ["none", "layer"]},
                            "overrides": [{"when": {"norm": "layer"}, "set": {"batch_size": 8}}])",
                         ""),
                 "tune.per: \"batch_size\""));
}
