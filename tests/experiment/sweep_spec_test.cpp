#include "normlab/experiment/sweep_spec.h"

#include <doctest/doctest.h>

#include <set>

#include "data/idx_files.h"
#include "normlab/experiment/config_json.h"

using namespace normlab;
using namespace normlab::testing;

namespace {

SweepSpec spec_of(const char* text) {
  return parse_sweep_spec(parse_json(text, "test"), "test");
}

std::string refusal(const char* text) {
  return request_error([&] { expand(spec_of(text)); });
}

// The ids without their hashes.
std::vector<std::string> short_ids(const SweepSpec& spec) {
  std::vector<std::string> ids;
  for (const SweepCell& cell : expand(spec)) ids.push_back(cell.id.substr(0, cell.id.rfind('-')));
  return ids;
}

}  // namespace

TEST_CASE("cells come seed by seed, then model, norm and batch size, whatever the order in the spec") {
  const SweepSpec spec =
      spec_of(R"({"grid": {"batch_size": [4, 8], "seed": [1, 2], "norm": ["none", "layer"]}})");
  CHECK(short_ids(spec) == std::vector<std::string>{"mlp-none-b4-s1", "mlp-none-b8-s1", "mlp-layer-b4-s1",
                                                    "mlp-layer-b8-s1", "mlp-none-b4-s2", "mlp-none-b8-s2",
                                                    "mlp-layer-b4-s2", "mlp-layer-b8-s2"});
}

TEST_CASE("an axis inside an object varies what another axis names, whichever varies faster") {
  const SweepSpec spec =
      spec_of(R"({"grid": {"optimizer.learning_rate": [0.5, 0.25], "optimizer": ["sgd", "adam"]}})");
  std::vector<std::pair<OptimizerKind, double>> found;
  for (const SweepCell& cell : expand(spec)) {
    found.emplace_back(cell.config.optimizer.kind, cell.config.optimizer.learning_rate);
  }
  CHECK(found == std::vector<std::pair<OptimizerKind, double>>{{OptimizerKind::sgd, 0.5},
                                                               {OptimizerKind::adam, 0.5},
                                                               {OptimizerKind::sgd, 0.25},
                                                               {OptimizerKind::adam, 0.25}});
}

TEST_CASE("axis values may be objects, and keep what the base says beside them") {
  const SweepSpec spec = spec_of(R"({"base": {"model": {"activation": "tanh"}},
    "grid": {"model": [{"name": "mlp", "hidden": [5]}, "cnn"]}})");
  const std::vector<SweepCell> cells = expand(spec);
  REQUIRE(cells.size() == 2);
  CHECK(cells[0].config.model.hidden == std::vector<Index>{5});
  CHECK(cells[0].config.model.activation == Activation::tanh);
  CHECK(cells[1].config.model.activation == Activation::tanh);
}

TEST_CASE("overrides set what they say in the cells that match, and in no other") {
  const SweepSpec spec = spec_of(R"({
    "grid": {"model": ["mlp", "lstm"], "batch_size": [4, 8, 16]},
    "overrides": [
      {"when": {"model.name": "lstm", "batch_size": [4, 8]}, "set": {"optimizer.learning_rate": 0.5}},
      {"when": {"model": "lstm", "batch_size": 8}, "set": {"optimizer.learning_rate": 0.25, "model.hidden_size": 3}}]})");
  std::vector<double> rates;
  for (const SweepCell& cell : expand(spec)) rates.push_back(cell.config.optimizer.learning_rate);
  CHECK(rates == std::vector<double>{1e-3, 1e-3, 1e-3, 0.5, 0.25, 1e-3});
  CHECK(expand(spec)[4].config.model.hidden_size == 3);
}

TEST_CASE("conditions of overrides see defaults") {
  const SweepSpec spec = spec_of(R"({"grid": {"norm": ["none", "layer"]},
    "overrides": [{"when": {"optimizer.name": "adam"}, "set": {"clip_gradient_norm": 2}}]})");
  for (const SweepCell& cell : expand(spec)) CHECK(cell.config.clip_gradient_norm == 2);
}

TEST_CASE("overrides that match no cell are refused") {
  CHECK(refusal(R"({"grid": {"model": ["mlp"]},
    "overrides": [{"when": {"model": "lstm"}, "set": {"batch_size": 4}}]})")
            .starts_with("overrides[0].when: "));
}

TEST_CASE("combinations without a meaning are cells, too") {
  const std::vector<SweepCell> cells =
      expand(spec_of(R"({"grid": {"norm": ["batch", "instance", "layer"], "batch_size": [1, 2]}})"));
  REQUIRE(cells.size() == 6);
  std::vector<bool> undefined;
  for (const SweepCell& cell : cells) undefined.push_back(cell.undefined.has_value());
  CHECK(undefined == std::vector<bool>{true, false, true, true, false, false});
}

TEST_CASE("specs that are wrong are refused by field") {
  struct Wrong {
    const char *text, *start;
  };
  for (const Wrong& wrong : {
           Wrong{R"([])", "spec: "},
           {R"({})", "spec: "},
           {R"({"name": "x"})", "spec: "},
           {R"({"grid": {}})", "grid: "},
           {R"({"grid": {"norm": []}})", "grid.norm: "},
           {R"({"grid": {"norm": "layer"}})", "grid.norm: "},
           {R"({"grid": {"norm": ["layer", "layer"]}})", "grid.norm: "},
           {R"({"grid": {"norm": ["layer", {"name": "layer"}]}})", "grid: "},
           {R"({"grid": {"norms": ["layer"]}})", "norms: unknown setting"},
           {R"({"grid": {"norm": ["layre"]}})", "norm: unknown name"},
           {R"({"grd": {"norm": ["layer"]}})", "spec: unknown name \"grd\""},
           {R"({"base": {"batch": 3}})", "batch: unknown setting"},
           {R"({"name": "a/b", "base": {"seed": 1}})", "name: "},
           {R"({"name": 3, "base": {"seed": 1}})", "name: "},
           {R"({"paper": {"title": "x"}, "base": {"seed": 1}})", "paper: unknown name"},
           {R"({"base": {"seed": 1}, "overrides": [{"when": {"seed": 1}}]})", "overrides[0]: "},
           {R"({"base": {"seed": 1}, "overrides": [{"when": {}, "set": {"seed": 2}}]})",
            "overrides[0].when: "},
       }) {
    CAPTURE(wrong.text);
    CHECK(refusal(wrong.text).starts_with(wrong.start));
  }
}

TEST_CASE("settings from the shell replace and add axes, and one value takes an axis away") {
  SweepSpec spec = spec_of(R"({"grid": {"norm": ["none", "layer"], "batch_size": [4, 8]}})");
  apply_shell_setting(spec, parse_shell_setting("norm=rms,batch,weight"));
  apply_shell_setting(spec, parse_shell_setting("seed=1,2"));
  apply_shell_setting(spec, parse_shell_setting("batch_size=16"));
  const std::vector<SweepCell> cells = expand(spec);
  CHECK(cells.size() == 6);
  for (const SweepCell& cell : cells) CHECK(cell.config.batch_size == 16);
  CHECK(request_error([&] {
          apply_shell_setting(spec, parse_shell_setting("seed=1,1"));
        }).starts_with("set seed: "));
}

TEST_CASE("settings from the shell win over overrides, which may then match nothing") {
  SweepSpec spec = spec_of(R"({"grid": {"model": ["mlp", "lstm"]},
    "overrides": [{"when": {"model": "lstm"}, "set": {"optimizer.learning_rate": 0.5, "batch_size": 4}}]})");
  apply_shell_setting(spec, parse_shell_setting("optimizer.learning_rate=0.25"));
  for (const SweepCell& cell : expand(spec)) CHECK(cell.config.optimizer.learning_rate == 0.25);
  CHECK(expand(spec)[1].config.batch_size == 4);
  apply_shell_setting(spec, parse_shell_setting("model=mlp"));
  CHECK(expand(spec).size() == 1);
}

TEST_CASE("every experiment of the project is sound and names what it tests") {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(NORMLAB_SOURCE_DIR "/experiments")) {
    CAPTURE(entry.path());
    const SweepSpec spec = load_sweep_spec(entry.path());
    CHECK(spec.name == entry.path().stem().string());
    CHECK_FALSE(spec.description.empty());
    CHECK(spec.paper.is_object());
    CHECK_FALSE(expand(spec).empty());
    names.insert(spec.name);
  }
  for (const char* name :
       {"quick", "mnist-batch-size", "fashion-batch-size", "lstm-rows", "lstm-text", "cnn-fashion"}) {
    CHECK(names.count(name) == 1);
  }
}

TEST_CASE("the quick experiment has the 27 rows that the quickstart promises, all of them defined") {
  std::set<std::string> rows;
  for (const SweepCell& cell : expand(load_sweep_spec(NORMLAB_SOURCE_DIR "/experiments/quick.json"))) {
    CHECK_FALSE(cell.undefined.has_value());
    rows.insert(cell.id.substr(0, cell.id.rfind("-s")));
  }
  CHECK(rows.size() == 27);
}

TEST_CASE("more cells than are allowed are refused by number, before any is made") {
  Json seeds = Json::array();
  for (int seed = 0; seed < 1000; ++seed) seeds.push_back(seed);
  Json json{{"grid", {{"seed", seeds}, {"batch_size", seeds}, {"schedule.warmup_steps", seeds}}}};
  const auto refusal_of = [&] { return request_error([&] { expand(parse_sweep_spec(json, "test")); }); };
  CHECK(refusal_of() ==
        "grid: 1000000000 cells is not allowed; a sweep of at most 100000 is, and --max-cells N allows N.");
  for (const char* axis : {"a", "b", "c", "d", "e", "f"}) json["grid"][axis] = seeds;
  CHECK(refusal_of().starts_with("grid: more than 18446744073709551615 cells"));
  const SweepSpec small = spec_of(R"({"grid": {"seed": [1, 2, 3]}})");
  CHECK(expand(small, 3).size() == 3);
  CHECK(request_error([&] { expand(small, 2); }).starts_with("grid: 3 cells"));
}

// Comparing each value with each other would take minutes here.
TEST_CASE("long axes and long conditions are looked through once") {
  Json values = Json::array();
  for (int value = 0; value < 60'000; ++value) values.push_back(value);
  Json json{{"grid", {{"schedule.warmup_steps", values}}}};
  json["overrides"] = {{{"when", {{"schedule.warmup_steps", values}}}, {"set", {{"batch_size", 4}}}}};
  CHECK(parse_sweep_spec(json, "test").grid[0].values.size() == 60'000);
  json["grid"]["schedule.warmup_steps"].push_back(7.0);
  CHECK(
      request_error([&] { parse_sweep_spec(json, "test"); }).starts_with("grid.schedule.warmup_steps: 7.0"));
}

TEST_CASE("an override is found idle without a walk through the whole grid") {
  const std::string axes = R"("seed": "1..100000", "batch_size": "1..100000", "norm": ["none", "layer"])";
  const auto refusal_of = [&](const std::string& when) {
    return refusal(
        (R"({"grid": {)" + axes + R"(}, "overrides": [{"when": )" + when + R"(, "set": {"threads": 1}}]})")
            .c_str());
  };
  CHECK(refusal_of(R"({"norm": "rms", "seed": 3})").starts_with("overrides[0].when: "));
  CHECK(refusal_of(R"({"norm": "layer", "batch_size": 0})").starts_with("overrides[0].when: "));
  CHECK(refusal_of(R"({"norm": "layer", "seed": 100000})").starts_with("grid: 20000000000 cells"));
}

TEST_CASE("ranges of integers stand for their values, in specs and from the shell") {
  SweepSpec spec = spec_of(R"({"grid": {"seed": "3..5", "batch_size": [2, "4..5"]}})");
  CHECK(spec.grid[0].values == std::vector<Json>{3, 4, 5});
  CHECK(spec.grid[1].values == std::vector<Json>{2, 4, 5});
  apply_shell_setting(spec, parse_shell_setting("seed=1..2,7"));
  CHECK(spec.grid[0].values == std::vector<Json>{1, 2, 7});
  apply_shell_setting(spec, parse_shell_setting("seed=18446744073709551615..18446744073709551615"));
  CHECK(expand(spec)[0].config.seed == 18446744073709551615u);
  for (const char* wrong : {"5..1", "1..1000000000000", "0..18446744073709551615"}) {
    CAPTURE(wrong);
    CHECK(request_error([&] { apply_shell_setting(spec, {"seed", {wrong}}); }).starts_with("set seed: "));
  }
  CHECK(request_error([&] { apply_shell_setting(spec, {"seed", {"1..3", 2}}); }).starts_with("set seed: 2"));
  CHECK(refusal(R"({"grid": {"seed": ["1.."]}})").starts_with("seed: "));
  CHECK(refusal(R"({"grid": {"norm": "1..2"}})").starts_with("grid.norm: "));
}

TEST_CASE("a name that an axis has keeps its settings when the shell chooses it") {
  const char* text = R"({"base": {"dataset": {"name": "text", "path": "a"}},
    "grid": {"model": [{"name": "gru", "hidden_size": 5}, {"name": "lstm", "hidden_size": 6},
                       {"name": "lstm", "hidden_size": 7}]},
    "overrides": [{"when": {"model": "gru"}, "set": {"model.layers": 2}}]})";
  const auto sizes = [&](const char* setting) {
    SweepSpec spec = spec_of(text);
    apply_shell_setting(spec, parse_shell_setting(setting));
    std::vector<Index> found;
    for (const SweepCell& cell : expand(spec)) {
      found.insert(found.end(), {cell.config.model.hidden_size, cell.config.model.layers});
    }
    return found;
  };
  CHECK(sizes("model=gru") == std::vector<Index>{5, 2});
  CHECK(sizes("model=lstm") == std::vector<Index>{6, 1, 7, 1});
  CHECK(sizes("model=lstm,gru") == std::vector<Index>{6, 1, 7, 1, 5, 2});
  CHECK(sizes("model=gru,rnn") == std::vector<Index>{5, 2, 128, 1});
  CHECK(sizes("model=rnn") == std::vector<Index>{128, 1});
  CHECK(sizes("dataset=text") == std::vector<Index>{5, 2, 6, 1, 7, 1});
  SweepSpec data =
      spec_of(R"({"grid": {"dataset": [{"name": "text", "path": "a", "train_limit": 9}, "mnist"]}})");
  apply_shell_setting(data, parse_shell_setting("dataset=text:a"));
  CHECK(data.base["dataset"]["train_limit"] == 9);
}

TEST_CASE("lists and ranges are told from single values that have commas or dots") {
  CHECK(lists_values("norm", "none,layer"));
  CHECK(lists_values("dataset", "mnist,text:a"));
  CHECK(lists_values("seed", "1..3"));
  CHECK(lists_values("seed", "1..3,7"));
  CHECK(lists_values("optimizer.learning_rate", "1e-3,3e-4"));
  CHECK_FALSE(lists_values("seed", "12"));
  CHECK_FALSE(lists_values("norm", "layer"));
  CHECK_FALSE(lists_values("dataset", "text:mnist, and others.txt"));
  CHECK_FALSE(lists_values("dataset", "idx:../images"));
  CHECK_FALSE(lists_values("initial_parameters", "a,b"));
}

TEST_CASE("a description says what the shell changed, and only that") {
  SweepSpec spec = spec_of(R"({"description": "Rates.", "grid": {"norm": ["none", "layer"]}})");
  apply_shell_settings(spec, {});
  apply_shell_settings(spec, {{"norm", {"none", "layer"}}});
  CHECK(spec.description == "Rates.");
  apply_shell_settings(spec, {{"norm", {"none", "layer"}}, {"norm", {"rms"}}, {"seed", {"1..3", 5}}});
  CHECK(spec.description == "Rates. (changed: norm = rms; seed = 1..3, 5)");
}

TEST_CASE("the cells of a sweep are checked against the data, each data set once, with what they need") {
  const SweepSpec spec = spec_of(R"({"base": {"dataset": {"name": "synthetic", "train_limit": 100}},
    "grid": {"norm": ["none", "batch"], "batch_size": [1, 50]}})");
  const SweepNeeds needs = check_cells_against_data(expand(spec), 1);
  REQUIRE(needs.memory.size() == 4);
  CHECK(needs.memory[2] == 0);  // undefined
  CHECK(needs.memory[1] > needs.memory[0]);
  REQUIRE(needs.warnings.size() == 1);  // one case, however many cells
  CHECK(contains(needs.warnings[0], "341 samples"));
  const auto refusal_with = [&](const char* setting) {
    SweepSpec changed = spec;
    apply_shell_setting(changed, parse_shell_setting(setting));
    return request_error([&] { check_cells_against_data(expand(changed), 1); });
  };
  CHECK(refusal_with("batch_size=50,101").starts_with("batch_size: 101"));
  CHECK(refusal_with("budget.epochs=0.1,1").starts_with("budget.epochs: 0.1"));
  CHECK(refusal_with("model.hidden=[1e9]").starts_with("model: "));
}
