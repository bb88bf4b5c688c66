#include "normlab/experiment/spec/run_labels.h"

#include <doctest/doctest.h>

using namespace normlab;

namespace {

std::vector<SweepRun> runs_of(const char* spec) {
  return expand(parse_sweep_spec(Json::parse(spec), "labels"));
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("runs are told apart by every setting that varies within a model, and by their learning rate") {
  const std::vector<SweepRun> runs = runs_of(R"({"base": {"dataset": "synthetic", "batch_size": 8},
    "grid": {"model": [{"name": "mlp", "hidden": [64]}, {"name": "mlp", "hidden": [8, 8]}, "lstm"],
             "norm": ["none", "group"], "optimizer.learning_rate": [0.01, 0.001]},
    "overrides": [{"when": {"norm.name": "group", "model.name": "lstm"}, "set": {"norm": "layer"}}]})");
  const RunLabels labels(runs);
  CHECK(labels.header() == Texts{"model", "norm", "batch size", "seed", "learning rate", "model.hidden"});
  CHECK(labels.settings(runs.front()) == Texts{"mlp", "none", "8", "1", "0.01", "[64]"});
  CHECK(labels.settings(runs.back()) == Texts{"lstm", "layer", "8", "1", "0.001", ""});
  CHECK(labels.label(runs.front()) ==
        "mlp none, batch size 8, learning rate 0.01, model.hidden [64]");  // one seed: no news
}

TEST_CASE("what only another model, norm or optimizer has is no setting that varies") {
  const RunLabels labels(runs_of(R"({"base": {"dataset": "synthetic"},
    "grid": {"model": ["mlp", "lstm"], "norm": ["none", "batch", "layer"], "optimizer": ["sgd", "adam"]}})"));
  CHECK(labels.header() == Texts{"model", "norm", "batch size", "seed", "learning rate", "optimizer.name"});
}
