#include "normlab/experiment/spec/shell_changes.h"

#include <doctest/doctest.h>

#include "data/idx_files.h"
#include "normlab/models/recurrent.h"

using namespace normlab;
using namespace normlab::testing;

namespace {

SweepSpec shell_spec(const char* text) {
  return parse_sweep_spec(parse_json(text, "test"), "test");
}

}  // namespace

TEST_CASE("settings from the shell replace and add axes, and one value takes an axis away") {
  SweepSpec spec = shell_spec(R"({"grid": {"norm": ["none", "layer"], "batch_size": [4, 8]}})");
  apply_shell_setting(spec, parse_shell_setting("norm=rms,batch,weight"));
  apply_shell_setting(spec, parse_shell_setting("seed=1,2"));
  apply_shell_setting(spec, parse_shell_setting("batch_size=16"));
  const std::vector<SweepRun> runs = expand(spec);
  CHECK(runs.size() == 6);
  for (const SweepRun& run : runs) CHECK(run.config.batch_size == 16);
  CHECK(request_error([&] {
          apply_shell_setting(spec, parse_shell_setting("seed=1,1"));
        }).starts_with("set seed: "));
}

TEST_CASE("settings from the shell win over overrides, which may then match nothing") {
  SweepSpec spec = shell_spec(R"({"grid": {"model": ["mlp", "lstm"]},
    "overrides": [{"when": {"model": "lstm"}, "set": {"optimizer.learning_rate": 0.5, "batch_size": 4}}]})");
  apply_shell_setting(spec, parse_shell_setting("optimizer.learning_rate=0.25"));
  for (const SweepRun& run : expand(spec)) CHECK(run.config.optimizer.learning_rate == 0.25);
  CHECK(expand(spec)[1].config.batch_size == 4);
  apply_shell_setting(spec, parse_shell_setting("model=mlp"));
  CHECK(expand(spec).size() == 1);
}

TEST_CASE("an object that the shell replaces takes what overrides say within it along, and nothing else") {
  SweepSpec spec = shell_spec(R"({"base": {"optimizer": "adam"},
    "overrides": [{"when": {"model": "mlp"},
                   "set": {"optimizer.learning_rate": 0.5, "schedule.warmup_steps": 3, "batch_size": 4}}]})");
  apply_shell_setting(spec, parse_shell_setting("optimizer=sgd"));
  const RunConfig config = expand(spec)[0].config;
  CHECK(config.optimizer.kind == OptimizerKind::sgd);
  CHECK(config.optimizer.learning_rate != 0.5);
  CHECK(config.schedule.warmup_steps == 3);
  CHECK(config.batch_size == 4);
}

TEST_CASE("ranges of integers stand for their values, in specs and from the shell") {
  SweepSpec spec = shell_spec(R"({"grid": {"seed": "3..5", "batch_size": [2, "4..5"]}})");
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
  CHECK(request_error([] { expand(shell_spec(R"({"grid": {"seed": ["1.."]}})")); }).starts_with("seed: "));
  CHECK(request_error([] { shell_spec(R"({"grid": {"norm": "1..2"}})"); }).starts_with("grid.norm: "));
}

TEST_CASE("a name that an axis has keeps its settings when the shell chooses it") {
  const char* text = R"({"base": {"dataset": {"name": "text", "path": "a"}},
    "grid": {"model": [{"name": "gru", "hidden_size": 5}, {"name": "lstm", "hidden_size": 6},
                       {"name": "lstm", "hidden_size": 7}]},
    "overrides": [{"when": {"model": "gru"}, "set": {"model.layers": 2}}]})";
  const auto sizes = [&](const char* setting) {
    SweepSpec spec = shell_spec(text);
    apply_shell_setting(spec, parse_shell_setting(setting));
    std::vector<Index> found;
    for (const SweepRun& run : expand(spec)) {
      const auto* model = run.config.model.get_if<Recurrent>();
      found.insert(found.end(), {model->hidden_size, model->layers});
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
      shell_spec(R"({"grid": {"dataset": [{"name": "text", "path": "a", "train_limit": 9}, "mnist"]}})");
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
  SweepSpec spec = shell_spec(R"({"description": "Rates.", "grid": {"norm": ["none", "layer"]}})");
  apply_shell_settings(spec, {});
  apply_shell_settings(spec, {{"norm", {"none", "layer"}}});
  CHECK(spec.description == "Rates.");
  apply_shell_settings(spec, {{"norm", {"none", "layer"}}, {"norm", {"rms"}}, {"seed", {"1..3", 5}}});
  CHECK(spec.description == "Rates. (changed: norm = rms; seed = 1..3, 5)");
  spec.description.clear();
  apply_shell_settings(spec, {{"batch_size", {1, 2, 3, 4, 5, 6, 7, 8}}});
  CHECK(spec.description == "(changed: batch_size = 1, 2, 3, 4, 5, 6, 7, 8)");
  spec.description.clear();
  apply_shell_settings(spec, {{"batch_size", {11, 12, 13, 14, 15, 16, 17, 18, 19}}});
  CHECK(spec.description == "(changed: batch_size = 11, 12, 13, 14, 15, 16, 17, 18, … (9 values))");
}
