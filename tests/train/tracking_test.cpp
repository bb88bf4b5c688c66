// What runs record of their network beside its metrics (--track), and that they train as without it.
#include <doctest/doctest.h>

#include <cmath>

#include "normlab/train/data_source.h"
#include "normlab/train/evaluation_json.h"
#include "normlab/train/mode_comparison.h"
#include "throws.h"
#include "train/small_run.h"

namespace normlab {
namespace {

using test::loss_of;
using test::numbers;
using test::small_run;

RunConfig tracked_run(const char* model, Norm norm, Tracking track) {
  RunConfig config = small_run(model, norm);
  config.track = track;
  return config;
}

RunResult run_in_two_pieces(const RunConfig& config) {
  test::TemporaryFolder folder;
  RunOptions options{.checkpoint = folder.path() / "run.checkpoint", .identity = "test", .pause_at = 1};
  REQUIRE(train(config, options).status == RunStatus::interrupted);
  options.pause_at = 0;
  return train(config, options);
}

}  // namespace

TEST_CASE("the layers before the first step are those of the first batch at the initial weights") {
  RunConfig config = tracked_run("mlp", Norm::layer, Tracking::layers);
  config.evaluate_every = {.epochs = 0, .steps = 1};
  const RunResult result = train(config, {});
  const std::vector<LayerStatistics>& first = result.evaluations.front().layers;
  REQUIRE(result.initial_layers.size() == first.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    CHECK(result.initial_layers[i].gradient_norm == first[i].gradient_norm);  // of the same batch
    CHECK(result.initial_layers[i].weight_norm != first[i].weight_norm);      // which have moved
  }
  config.optimizer.learning_rate = 1e-12;
  const RunResult still = train(config, {});
  CHECK(still.initial_layers[0].weight_norm ==
        doctest::Approx(still.evaluations.back().layers[0].weight_norm));
  CHECK(result.initial_layers[0].weight_norm == still.initial_layers[0].weight_norm);
  config.track = Tracking::none;
  CHECK(train(config, {}).initial_layers.empty());
}

TEST_CASE("a network that diverges at its first step has its layers all the same") {
  // Blank pixels leave a summed input hardly any variance, which the norm blows up at each of 784 time steps.
  RunConfig config = tracked_run("rnn", Norm::layer, Tracking::layers);
  config.model.as<Recurrent>().input = SequenceInput::pixels;
  config.model.as<Recurrent>().hidden_size = 128;
  config.clip_gradient_norm = 1;
  const RunResult result = train(config, {});
  REQUIRE(result.diverged_step == 1);
  REQUIRE(result.initial_layers.size() == 2);
  const std::vector<double>& norms = result.initial_layers[0].time_gradient_norms;
  REQUIRE(norms.size() == 50);
  CHECK(norms.front() > 1e15 * norms.back());
  CHECK(to_json(layers_from_json(nlohmann::json::parse(to_json(result.initial_layers).dump()))).dump() ==
        to_json(result.initial_layers).dump());
}

TEST_CASE("what layers began with is kept over an interruption") {
  const RunConfig config = tracked_run("lstm", Norm::none, Tracking::layers);
  const auto whole = to_json(train(config, {}).initial_layers);
  CHECK(whole.size() == 2);
  CHECK(to_json(run_in_two_pieces(config).initial_layers) == whole);
}

TEST_CASE("layers survive being written and read") {
  const RunResult result = train(tracked_run("gru", Norm::layer, Tracking::layers), {});
  const auto written = to_json(result.initial_layers);
  CHECK(to_json(layers_from_json(nlohmann::json(written))) == written);
  CHECK(written[0]["time_gradient_norm"]["norm"].size() == 28);
}

TEST_CASE("gradients by time step add up to that of the layer") {
  for (const char* model : {"rnn", "lstm", "gru"}) {
    const RunResult result = train(tracked_run(model, Norm::layer, Tracking::layers), {});
    double squares = 0;
    for (const double norm : result.initial_layers[0].time_gradient_norms) squares += norm * norm;
    CHECK(std::sqrt(squares) == doctest::Approx(result.initial_layers[0].gradient_norm).epsilon(1e-5));
  }
}

TEST_CASE("tracking changes no number of the training") {
  for (const auto& one :
       {std::pair("mlp", Norm::batch), {"cnn", Norm::batch}, {"gru", Norm::batch}, {"lstm", Norm::layer}}) {
    const auto& model = one.first;
    const auto& norm = one.second;
    CAPTURE(model);
    RunConfig config = tracked_run(model, norm, Tracking::none);
    test::set_dropout(config.model, 0.25);
    const auto plain = numbers(train(config, {}));
    for (const Tracking track : {Tracking::layers, Tracking::modes}) {
      config.track = track;
      CHECK(numbers(train(config, {})) == plain);
    }
    CHECK(numbers(run_in_two_pieces(config)) == plain);
  }
}

TEST_CASE("training and test compute the same, but for batch norm") {
  for (const Norm norm : {Norm::none, Norm::layer, Norm::weight, Norm::group, Norm::batch}) {
    RunConfig config = tracked_run("mlp", norm, Tracking::modes);
    test::set_dropout(config.model, 0.25);  // off in the comparison
    config.dataset.validation_limit = 32;   // two whole batches
    const RunResult result = train(config, {});
    for (const Evaluation& evaluation : result.evaluations) {
      REQUIRE(evaluation.modes);
      const double training = loss_of(evaluation.modes->training),
                   test = loss_of(evaluation.modes->evaluation);
      const double gap = std::abs(training - test) / test;
      CHECK((norm == Norm::batch ? gap > 1e-4 : gap < 1e-6));
      CHECK(test == doctest::Approx(loss_of(evaluation.validation)).epsilon(1e-5));
    }
  }
}

TEST_CASE("modes are compared in the training's batches, of which the validation set needs one") {
  RunConfig config = tracked_run("mlp", Norm::batch, Tracking::modes);
  const RunData data = load_run_data(config);
  REQUIRE(data.mode_validation);
  for (Index batch = 0; batch < data.mode_validation->batches(); ++batch)
    CHECK(data.mode_validation->batch_size(batch) == 16);
  const Index covered = data.mode_validation->samples_per_epoch();
  CHECK(covered <= data.validation->samples_per_epoch());
  CHECK(covered > data.validation->samples_per_epoch() - 16);
  config.dataset.validation_limit = 15;
  test::check_throws_saying<std::runtime_error>("track: \"modes\"", [&] { train(config, {}); });
  config.dataset.validation_limit = 16;
  CHECK(train(config, {}).evaluations.back().modes);
}

TEST_CASE("batch statistics of the comparison are those of its batches") {
  // A network of which nothing has been trained: its running statistics are 0 and 1, and so far from those of
  // a batch that the losses differ; with the batch's own as running statistics they agree.
  RunConfig config = tracked_run("mlp", Norm::batch, Tracking::modes);
  config.norm.momentum = 1;
  const RunData data = load_run_data(config);
  Network network(config, data.shape);
  network.prepare(*data.mode_validation, Mode::training);
  ModeComparison comparison(config, data.shape, *data.mode_validation);
  const auto before = network.parameters().buffers().front().data.span();
  const std::vector<float> kept(before.begin(), before.end());
  const ModeMetrics metrics = comparison.measure(network.parameters());
  CHECK(loss_of(metrics.training) != doctest::Approx(loss_of(metrics.evaluation)).epsilon(1e-3));
  CHECK(std::equal(kept.begin(), kept.end(), before.begin()));
  CHECK(loss_of(metrics.training) == loss_of(network.evaluate(*data.mode_validation, Mode::training)));
  CHECK(loss_of(comparison.measure(network.parameters()).training) == loss_of(metrics.training));
}

}  // namespace normlab
