#include "normlab/experiment/spec/sweep_spec.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <set>

#include "data/idx_files.h"
#include "normlab/experiment/config/config_json.h"
#include "normlab/models/cnn.h"
#include "normlab/models/mlp.h"
#include "normlab/models/recurrent.h"

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
  for (const SweepRun& run : expand(spec)) ids.push_back(run.id.substr(0, run.id.rfind('-')));
  return ids;
}

}  // namespace

TEST_CASE("runs come seed by seed, then model, norm and batch size, whatever the order in the spec") {
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
  for (const SweepRun& run : expand(spec)) {
    found.emplace_back(run.config.optimizer.kind, run.config.optimizer.learning_rate);
  }
  CHECK(found == std::vector<std::pair<OptimizerKind, double>>{{OptimizerKind::sgd, 0.5},
                                                               {OptimizerKind::adam, 0.5},
                                                               {OptimizerKind::sgd, 0.25},
                                                               {OptimizerKind::adam, 0.25}});
}

TEST_CASE("axis values may be objects, and keep what the base says beside them") {
  const SweepSpec spec = spec_of(R"({"base": {"model": {"activation": "tanh"}},
    "grid": {"model": [{"name": "mlp", "hidden": [5]}, "cnn"]}})");
  const std::vector<SweepRun> runs = expand(spec);
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].config.model.get_if<Mlp>()->hidden == std::vector<Index>{5});
  CHECK(runs[0].config.model.get_if<Mlp>()->activation == Activation::tanh);
  CHECK(runs[1].config.model.get_if<Cnn>()->activation == Activation::tanh);
}

TEST_CASE("overrides set what they say in the runs that match, and in no other") {
  const SweepSpec spec = spec_of(R"({
    "grid": {"model": ["mlp", "lstm"], "batch_size": [4, 8, 16]},
    "overrides": [
      {"when": {"model.name": "lstm", "batch_size": [4, 8]}, "set": {"optimizer.learning_rate": 0.5}},
      {"when": {"model": "lstm", "batch_size": 8}, "set": {"optimizer.learning_rate": 0.25, "model.hidden_size": 3}}]})");
  std::vector<double> rates;
  for (const SweepRun& run : expand(spec)) rates.push_back(run.config.optimizer.learning_rate);
  CHECK(rates == std::vector<double>{1e-3, 1e-3, 1e-3, 0.5, 0.25, 1e-3});
  CHECK(expand(spec)[4].config.model.get_if<Recurrent>()->hidden_size == 3);
}

TEST_CASE("conditions of overrides see defaults") {
  const SweepSpec spec = spec_of(R"({"grid": {"norm": ["none", "layer"]},
    "overrides": [{"when": {"optimizer.name": "adam"}, "set": {"clip_gradient_norm": 2}}]})");
  for (const SweepRun& run : expand(spec)) CHECK(run.config.clip_gradient_norm == 2);
}

// The defaults of a run's own model, norm and optimizer, young ones included, and of no other's.
TEST_CASE("conditions of overrides see each run's own defaults") {
  const auto sizes = [](const char* axis, const char* when) {
    const SweepSpec spec = spec_of(fmt::format(R"({{"base": {{"batch_size": 32}}, "grid": {{{}}},
                                "overrides": [{{"when": {{{}}}, "set": {{"batch_size": 8}}}}]}})",
                                               axis, when)
                                       .c_str());
    std::vector<Index> found;
    for (const SweepRun& run : expand(spec)) found.push_back(run.config.batch_size);
    return found;
  };
  using Sizes = std::vector<Index>;
  const char* optimizers = R"("optimizer": ["sgd", "adam"])";
  CHECK(sizes(optimizers, R"("optimizer.learning_rate": 0.001)") == Sizes{32, 8});
  CHECK(sizes(optimizers, R"("optimizer.learning_rate": 0.1)") == Sizes{8, 32});
  const char* models = R"("model": ["mlp", "lstm", {"name": "mlp", "hidden": [3]}])";
  CHECK(sizes(models, R"("clip_gradient_norm": 0)") == Sizes{8, 32, 8});
  CHECK(sizes(models, R"("model.hidden_size": 128)") == Sizes{32, 8, 32});
  CHECK(sizes(models, R"("model.hidden": [[256, 256]])") == Sizes{8, 32, 32});
  CHECK(sizes(models, R"("model.dropout": 0)") == Sizes{8, 8, 8});
  const char* norms = R"("norm": ["layer", {"name": "rms", "epsilon": 0.001}, "none"])";
  CHECK(sizes(norms, R"("norm.epsilon": [1e-5, 1e-3])") == Sizes{8, 8, 32});
  CHECK(sizes(norms, R"("norm.position": "before_activation")") == Sizes{8, 8, 32});
}

TEST_CASE("overrides that match no run are refused") {
  const char* text = R"({"grid": {"model": ["mlp"]},
    "overrides": [{"when": {"model": "mlp"}, "set": {"seed": 2}},
                  {"when": {"model": "lstm"}, "set": {"batch_size": 4}}]})";
  CHECK(refusal(text).starts_with("overrides[1].when: "));
}

TEST_CASE("combinations without a meaning are runs, too") {
  const std::vector<SweepRun> runs =
      expand(spec_of(R"({"grid": {"norm": ["batch", "instance", "layer"], "batch_size": [1, 2]}})"));
  REQUIRE(runs.size() == 6);
  std::vector<bool> undefined;
  for (const SweepRun& run : runs) undefined.push_back(run.undefined.has_value());
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
           {R"({"grid": {}})", "spec: "},
           {R"({"base": {}})",
            "spec: {\"base\":{}} is not allowed; it lists nothing to run, and needs a setting"},
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

TEST_CASE("every experiment of the project is sound and names what it tests") {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(NORMLAB_SOURCE_DIR "/experiments")) {
    if (entry.is_directory()) continue;
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
  for (const SweepRun& run : expand(load_sweep_spec(NORMLAB_SOURCE_DIR "/experiments/quick.json"))) {
    CHECK_FALSE(run.undefined.has_value());
    rows.insert(run.id.substr(0, run.id.rfind("-s")));
  }
  CHECK(rows.size() == 27);
}

TEST_CASE("more runs than are allowed are refused by number, before any is made") {
  Json seeds = Json::array();
  for (int seed = 0; seed < 1000; ++seed) seeds.push_back(seed);
  Json json{{"grid", {{"seed", seeds}, {"batch_size", seeds}, {"schedule.warmup_steps", seeds}}}};
  const auto refusal_of = [&] { return request_error([&] { expand(parse_sweep_spec(json, "test")); }); };
  CHECK(refusal_of() ==
        "grid: 1000000000 runs is not allowed; a sweep of at most 100000 is, and --max-runs N allows N.");
  for (const char* axis : {"a", "b", "c", "d", "e", "f"}) json["grid"][axis] = seeds;
  CHECK(refusal_of().starts_with("grid: more than 18446744073709551615 runs"));
  const SweepSpec small = spec_of(R"({"grid": {"seed": [1, 2, 3]}})");
  CHECK(expand(small, 3).size() == 3);
  CHECK(request_error([&] { expand(small, 2); }).starts_with("grid: 3 runs"));
}

// Comparing each value with each other would take minutes here.
TEST_CASE("long axes and long conditions are looked through once") {
  Json values = Json::array();
  for (int value = 0; value < 20'000; ++value) values.push_back(value);
  Json json{{"grid", {{"schedule.warmup_steps", values}}}};
  json["overrides"] = {{{"when", {{"schedule.warmup_steps", values}}}, {"set", {{"batch_size", 4}}}}};
  CHECK(expand(parse_sweep_spec(json, "test")).size() == 20'000);
  json["grid"]["schedule.warmup_steps"].push_back(7.0);
  CHECK(
      request_error([&] { parse_sweep_spec(json, "test"); }).starts_with("grid.schedule.warmup_steps: 7.0"));
}
