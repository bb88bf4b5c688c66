#include "normlab/experiment/tune/tuned.h"

#include <doctest/doctest.h>

#include "data/idx_files.h"

using namespace normlab;
using namespace normlab::testing;

namespace {

TuneSpec learning_rate_search() {
  return {.space = {{.path = "optimizer.learning_rate",
                     .kind = SearchKind::log,
                     .low = 1e-3,
                     .high = 1,
                     .choices = {}}},
          .trials = 2,
          .seeds = {101, 102},
          .per = {"norm"}};
}

TrialMeasure measured(double steps) {
  return {.mean_steps = steps, .horizon = 100, .runs = 2, .reached = 1, .best_loss = 0.25};
}

TunedCell cell_of(const char* norm, double learning_rate) {
  TunedCell cell;
  cell.when = {{"norm.name", norm}};
  cell.trials = {
      {.point = {{"optimizer.learning_rate", 0.5}}, .runs = {"a"}, .measures = {measured(90)}, .cut = true},
      {.point = {{"optimizer.learning_rate", learning_rate}},
       .widening = 1,
       .runs = {"b"},
       .measures = {measured(50), measured(60)}}};
  cell.chosen = 1;
  cell.widenings = {{.setting = "optimizer.learning_rate",
                     .end = RangeEnd::lower,
                     .from = {1e-3, 1},
                     .to = {1e-6, 1},
                     .refused = ""}};
  return cell;
}

Tuned two_cells() {
  return {"test", learning_rate_search(), {cell_of("none", 0.01), cell_of("layer", 0.02)}};
}

SweepSpec spec_of(const std::string& grid, const std::string& base = R"({"dataset": "synthetic"})") {
  return parse_sweep_spec(parse_json(R"({"base": )" + base + R"(, "grid": )" + grid + "}", "test"), "test");
}

}  // namespace

TEST_CASE("what was tuned is written with all trials, and read back as choices") {
  const Json json = to_json(two_cells());
  CHECK(json["schema"] == "normlab.tuned/1");
  CHECK(json["seeds"] == Json{101, 102});
  const Json& cell = json["cells"][1];
  CHECK(cell["when"] == Json{{"norm.name", "layer"}});
  CHECK(cell["set"] == Json{{"optimizer.learning_rate", 0.02}});
  CHECK(cell["mean_steps"] == 60);
  CHECK(cell["reached"] == 1);
  CHECK(cell["runs"] == 2);
  CHECK(cell["widened"][0]["end"] == "lower");
  CHECK(cell["widened"][0]["to"] == Json{1e-6, 1.0});
  CHECK(cell["trials"][0]["cut_after_steps"] == 100);
  CHECK(cell["trials"][1]["cut_after_steps"].is_null());
  CHECK(cell["trials"][1]["compared"].size() == 2);

  const TemporaryFolder folder;
  write_tuned(folder.path(), two_cells());
  const TunedChoices choices = read_tuned(folder.path() / "tuned.json");
  CHECK(choices.seeds == std::vector<std::uint64_t>{101, 102});
  REQUIRE(choices.choices.size() == 2);
  CHECK(choices.choices[0].when == choices_of(two_cells()).choices[0].when);
  CHECK(choices.choices[0].set == choices_of(two_cells()).choices[0].set);
}

TEST_CASE("cells of the same search stay in tuned.json when others come, and those of another do not") {
  const TemporaryFolder folder;
  write_tuned(folder.path(), two_cells());
  Tuned more{"test", learning_rate_search(), {cell_of("rms", 0.03), cell_of("none", 0.04)}};
  write_tuned(folder.path(), more);
  const TunedChoices choices = read_tuned(folder.path() / "tuned.json");
  REQUIRE(choices.choices.size() == 3);
  CHECK(choices.choices[1].set[0].second == 0.04);
  CHECK(choices.choices[2].when[0].second == "layer");
  CHECK(read_tuned_before(folder.path(), more.tune)->choices.size() == 3);
  more.tune.trials = 3;
  CHECK_FALSE(read_tuned_before(folder.path(), more.tune));
  write_tuned(folder.path(), more);
  CHECK(read_tuned(folder.path() / "tuned.json").choices.size() == 2);
}

TEST_CASE("a spec runs with what was chosen for each cell, and with other seeds") {
  const TunedChoices choices = choices_of(two_cells());
  const SweepSpec spec =
      with_choices(spec_of(R"({"norm": ["none", "layer"], "seed": [1, 2]})"), choices, 100);
  CHECK_FALSE(spec.tune);
  CHECK(spec.description == "(tuned: optimizer.learning_rate)");
  CHECK(spec.chosen == std::vector<std::string>{"optimizer.learning_rate"});
  CHECK(to_json(spec)["chosen"] == Json(spec.chosen));
  for (const SweepRun& run : expand(spec))
    CHECK(run.config.optimizer.learning_rate == (run.config.norm.kind == Norm::layer ? 0.02 : 0.01));
  // As sweep.json has it, every override matches a run.
  const SweepSpec one = with_choices(spec_of(R"({"norm": ["layer"]})"), choices, 100);
  CHECK(one.overrides.size() == 1);
  CHECK_NOTHROW(parse_sweep_spec(
      [&] {
        Json json = to_json(one);
        json.erase("schema");
        return json;
      }(),
      "test"));
  const auto refusal = [&](const SweepSpec& asked) {
    return request_error([&] { with_choices(asked, choices, 100); });
  };
  CHECK(contains(refusal(spec_of(R"({"norm": ["none", "rms"]})")), "tuned: mlp-rms-"));
  CHECK(contains(refusal(spec_of(R"({"norm": ["none"], "seed": [1, 102]})")), "tune.seeds: 102"));
  CHECK(contains(refusal(spec_of(R"({"norm": ["none"], "optimizer.learning_rate": [1, 2]})")),
                 "grid.optimizer.learning_rate"));
}

TEST_CASE("what sweep.json says of a search keeps its seeds from the runs") {
  const SweepSpec spec =
      with_choices(spec_of(R"({"norm": ["layer"], "seed": [1, 2]})"), choices_of(two_cells()), 100);
  Json json = to_json(spec);
  CHECK(json["tuned_on"] == Json{101, 102});
  json.erase("schema");
  SweepSpec read = parse_sweep_spec(json, "test");
  CHECK(read.tuned_on == std::vector<std::uint64_t>{101, 102});
  CHECK_NOTHROW(expand(read));
  read.grid[1].values.emplace_back(102);
  CHECK(contains(request_error([&] { expand(read); }), "tuned_on: 102"));
  json["tuned_on"] = {-1};
  CHECK(contains(request_error([&] { parse_sweep_spec(json, "test"); }), "tuned_on: [-1]"));
}

TEST_CASE("a run that an override takes to another cell is refused, since its choice would not be set") {
  const SweepSpec spec = parse_sweep_spec(
      parse_json(R"({"base": {"dataset": "synthetic", "norm": "none"}, "grid": {"batch_size": [2, 4]},
        "overrides": [{"when": {"batch_size": 4}, "set": {"norm": "layer"}}]})",
                 "test"),
      "test");
  const TunedChoices choices = choices_of(two_cells());
  const std::string message = request_error([&] { with_choices(spec, choices, 100); });
  CHECK(message.starts_with("tuned: mlp-layer-b4-"));
  CHECK(contains(message, "norm.name"));
  CHECK(has_all_choices(spec, choices, 100));
  CHECK_FALSE(has_all_choices(spec_of(R"({"norm": ["none", "rms"]})"), choices, 100));
}

TEST_CASE("a damaged tuned.json is set aside before a search, and ends none") {
  const TuneSpec tune = learning_rate_search();
  Json other = to_json(two_cells());
  other["cells"] = {1};
  for (const std::string& text : {std::string(R"({"schema": "normlab.tuned/1", "na)"), other.dump()}) {
    CAPTURE(text);
    const TemporaryFolder folder;
    const std::filesystem::path file = folder.path() / "tuned.json";
    write_file(file, text);
    CHECK_FALSE(read_tuned_before(folder.path(), tune));
    set_aside_damaged_tuned(folder.path());
    CHECK_FALSE(std::filesystem::exists(file));
    CHECK(std::filesystem::exists(folder.path() / "tuned.json.damaged-1"));
    write_file(file, text);
    write_tuned(folder.path(), two_cells());
    CHECK(read_tuned(file).choices.size() == 2);
    set_aside_damaged_tuned(folder.path());
    CHECK(std::filesystem::exists(file));
  }
}

TEST_CASE("a file that is no tuned.json is refused by its name") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "x.json";
  for (const char* text : {"[]", "{}", R"({"schema": "normlab.sweep/1"})", R"({"schema": "normlab.tuned/1"})",
                           R"({"schema": "normlab.tuned/1", "seeds": [1], "cells": []})",
                           R"({"schema": "normlab.tuned/1", "seeds": ["a"], "cells": [{}]})",
                           R"({"schema": "normlab.tuned/1", "seeds": [1], "cells": [{"when": {}}]})"}) {
    CAPTURE(text);
    write_file(file, text);
    const std::string message = request_error([&] { read_tuned(file); });
    CHECK(message.starts_with("tuned: \""));
    CHECK(contains(message, "x.json"));
  }
}
