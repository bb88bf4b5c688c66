#include "normlab/bench/step_cases.h"
#include "normlab/nn/norm/norm_traits.h"

#include <fmt/format.h>

#include <stdexcept>

#include "normlab/bench/network_step.h"
#include "normlab/core/random.h"
#include "normlab/experiment/config/config_json.h"
#include "normlab/models/cnn.h"
#include "normlab/models/mlp.h"
#include "normlab/models/model.h"
#include "normlab/models/recurrent.h"
#include "normlab/nn/recurrent/recurrent.h"
#include "normlab/train/data_source.h"

namespace normlab::bench {
namespace {

constexpr Index batch_sizes[] = {4, 32, 128};

bool is_layer(const StepCase& c) {
  return c.steps > 0;
}

// Adds the group's cases, for every norm that has a meaning there.
void add_group(std::vector<StepCase>& cases, const StepCase& group) {
  for (const Norm norm : all_norms()) {
    StepCase c = group;
    c.norm.kind = norm;
    const auto reason = c.spec->undefined_reason(c.norm, c.batch);
    if (!reason) cases.push_back(c);
  }
}

class ModelStep : public Step {
 public:
  explicit ModelStep(const StepCase& c)
      : config_(config(c)),
        data_(load_run_data(config_)),
        step_(config_, data_),
        parameters_(step_.parameters()) {}

  void operator()() override {
    if (!step_()) throw std::runtime_error("a benchmark's step diverged");
  }
  Index parameters() const override { return parameters_; }
  const Graph<float>& graph() const override { return step_.graph(); }

 private:
  static RunConfig config(const StepCase& c) {
    RunConfig config = resolve(Json{{"dataset", "synthetic"}, {"model", c.model}, {"norm", "none"}});
    config.dataset.train_limit = 3584;  // images, seven batches of 512; more would only take longer to make
    config.model = c.spec;
    config.norm = c.norm;
    config.batch_size = c.batch;
    return config;
  }

  RunConfig config_;
  RunData data_;
  NetworkStep step_;
  Index parameters_;
};

RecurrentSpec layer_of(const ModelSpec& spec) {
  const auto* model = spec.get_if<Recurrent>();
  return {.cell = model->cell, .hidden = model->hidden_size};
}

class LayerStep : public Step {
 public:
  explicit LayerStep(const StepCase& c)
      : parameters_({}, 1),
        graph_(Mode::training),
        x_(graph_.input({c.steps, c.batch, c.in})),
        y_(add_recurrent(graph_, parameters_, "recurrent.", x_, layer_of(c.spec), c.norm,
                         CarriedState::zero)) {
    graph_.output(y_);
    graph_.finish();
    Random random(1, 3);
    for (float& v : x_.data.span()) v = static_cast<float>(random.normal());
  }

  void operator()() override {
    graph_.forward();
    y_.gradient.fill(1);
    graph_.backward();
  }
  Index parameters() const override { return 0; }
  const Graph<float>& graph() const override { return graph_; }

 private:
  Parameters<float> parameters_;
  Graph<float> graph_;
  Value<float>&x_, &y_;
};

}  // namespace

std::string StepCase::norm_name() const {
  return traits(norm.kind).name;
}

std::string StepCase::group() const {
  return fmt::format("{}-{}-b{}", model, shape, batch);
}

std::string StepCase::name() const {
  return fmt::format("{}-{}", group(), norm_name());
}

std::vector<StepCase> all_step_cases() {
  std::vector<StepCase> cases;
  const Mlp mlp{.hidden = {1000, 1000}};
  for (const Index batch : {4, 32, 128, 512}) {
    add_group(cases, {.model = "mlp", .shape = "784-1000-1000-10", .batch = batch, .norm = {}, .spec = mlp});
  }
  for (const CellKind cell : {CellKind::tanh, CellKind::lstm, CellKind::gru}) {
    const Recurrent spec{.cell = cell};
    for (const Index batch : batch_sizes) {
      add_group(cases,
                {.model = spec.name(), .shape = "28x28-128", .batch = batch, .norm = {}, .spec = spec});
    }
  }
  for (const Index batch : batch_sizes) {
    add_group(cases, {.model = "cnn", .shape = "1-32-64-128", .batch = batch, .norm = {}, .spec = Cnn{}});
  }
  struct Layer {
    Index steps, batch, in, hidden;
  };
  for (const Layer& l : {Layer{28, 32, 28, 128},
                         {28, 128, 28, 128},
                         {100, 32, 128, 256},
                         {100, 4, 128, 256},
                         {100, 32, 256, 512}}) {
    const Recurrent spec{.cell = CellKind::lstm, .hidden_size = l.hidden};
    add_group(cases, {.model = "lstm-layer",
                      .shape = fmt::format("{}x{}-{}", l.steps, l.in, l.hidden),
                      .batch = l.batch,
                      .norm = {},
                      .spec = spec,
                      .steps = l.steps,
                      .in = l.in});
  }
  return cases;
}

std::unique_ptr<Step> make_step(const StepCase& c) {
  if (is_layer(c)) return std::make_unique<LayerStep>(c);
  return std::make_unique<ModelStep>(c);
}

}  // namespace normlab::bench
