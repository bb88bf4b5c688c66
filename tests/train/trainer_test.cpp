// When a run ends, and what it says then.
#include "normlab/train/trainer.h"
#include "normlab/train/requirements.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "normlab/core/parallel.h"
#include "normlab/nn/norm/norm_traits.h"
#include "normlab/tasks/classification.h"
#include "sanitized.h"
#include "throws.h"
#include "train/small_run.h"

namespace normlab {
namespace {

using test::small_run;

RunConfig long_run() {
  RunConfig config = small_run("mlp", Norm::layer);
  config.optimizer.learning_rate = 0.01;
  config.budget.steps = 600;
  return config;
}

bool all_finite(const RunResult& result) {
  for (const double number : test::numbers(result)) {
    if (!std::isfinite(number)) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("a run stops at its target, or goes on when told to") {
  RunConfig config = long_run();
  config.target = parse_target("validation.error<=0.5", classification().metrics);
  const RunResult stopped = train(config, {});
  CHECK(stopped.status == RunStatus::reached_target);
  REQUIRE(stopped.target);
  CHECK(stopped.target->reached);
  CHECK(stopped.target->at.steps == stopped.evaluations.back().step);
  CHECK(stopped.target->at.steps < 600);
  const std::size_t count = stopped.evaluations.size();
  CHECK(stopped.target->after.steps == (count > 1 ? stopped.evaluations[count - 2].step : 0));
  CHECK(test::error_of(stopped.evaluations.back().validation) <= 0.5);

  config.keep_training = true;
  const RunResult kept = train(config, {});
  CHECK(kept.status == RunStatus::reached_target);
  CHECK(kept.target->at.steps == stopped.target->at.steps);
  CHECK(kept.evaluations.back().step == 600);
}

TEST_CASE("a target that is to be held stops a run at the last evaluation of the row") {
  RunConfig config = long_run();
  config.target = parse_target("validation.error<=0.5 for 3", classification().metrics);
  const RunResult held = train(config, {});
  REQUIRE(held.status == RunStatus::reached_target);
  const std::size_t count = held.evaluations.size();
  REQUIRE(count >= 3);
  CHECK(held.target->at.steps == held.evaluations[count - 3].step);
  for (std::size_t i = count - 3; i < count; ++i)
    CHECK(test::error_of(held.evaluations[i].validation) <= 0.5);
}

TEST_CASE("a run that pauses behind an evaluation goes on from its checkpoint to the same numbers") {
  const test::TemporaryFolder folder;
  RunConfig config = long_run();
  config.target = parse_target("validation.loss <= 0.0001", classification().metrics);
  const RunResult whole = train(config, {});
  REQUIRE(whole.evaluations.size() >= 4);
  RunOptions options{.checkpoint = folder.path() / "run.checkpoint", .identity = "run"};
  options.pause_at = whole.evaluations[1].step - 1;  // the evaluation there or behind it
  const RunResult paused = train(config, options);
  CHECK(paused.status == RunStatus::interrupted);
  CHECK(paused.evaluations.size() == 2);
  const RunResult again = train(config, options);  // it has come as far already
  CHECK(again.status == RunStatus::interrupted);
  CHECK(again.evaluations.size() == 2);
  options.pause_at = whole.evaluations[2].step;
  CHECK(train(config, options).evaluations.size() == 3);
  options.pause_at = 0;
  const RunResult continued = train(config, options);
  CHECK(continued.status == RunStatus::missed_target);
  CHECK(test::numbers(continued) == test::numbers(whole));
}

TEST_CASE("a run that misses its target says so, and one without a target finishes") {
  RunConfig config = long_run();
  config.budget.steps = 20;
  config.target = parse_target("validation.loss <= 0.0001", classification().metrics);
  CHECK(train(config, {}).status == RunStatus::missed_target);
  config.target.reset();
  const RunResult result = train(config, {});
  CHECK(result.status == RunStatus::finished);
  CHECK(result.test);
  CHECK(result.step_seconds.count == 20);
}

TEST_CASE("evaluations come when they were asked for, and once at the end") {
  const auto steps = [](EvaluationInterval every, Index budget) {
    RunConfig config = small_run("mlp", Norm::none);  // 13 steps an epoch
    config.evaluate_every = every;
    config.budget.steps = budget;
    std::vector<Index> at;
    for (const Evaluation& e : train(config, {}).evaluations) at.push_back(e.step);
    return at;
  };
  CHECK(steps({.epochs = 1, .steps = 0}, 30) == std::vector<Index>{13, 26, 30});
  CHECK(steps({.epochs = 0.5, .steps = 0}, 26) == std::vector<Index>{7, 13, 20, 26});
  CHECK(steps({.epochs = 0, .steps = 10}, 25) == std::vector<Index>{10, 20, 25});
  CHECK(steps({.epochs = 1e-300, .steps = 0}, 3) == std::vector<Index>{1, 2, 3});
  CHECK(steps({.epochs = 1e300, .steps = 0}, 3) == std::vector<Index>{3});
}

TEST_CASE("a run uses the threads of its config, whatever was used before") {
  const int before = thread_count();
  RunConfig config = small_run("mlp", Norm::none);
  config.budget.steps = 1;
  for (const int threads : {2, 1}) {
    config.threads = threads;
    train(config, {});
    CHECK(thread_count() == threads);
  }
  set_thread_count(before);
}

TEST_CASE("samples count what was trained on, the smaller last batch included") {
  RunConfig config = small_run("mlp", Norm::none);
  config.budget.steps = 14;
  const RunResult result = train(config, {});
  CHECK(result.evaluations.back().samples == 203 + 16);
}

TEST_CASE("a diverging run ends as diverged, at the step, without a number that is none") {
  for (const char* kind : {"mlp", "lstm", "cnn"}) {
    for (const double clip : {0.0, 1.0}) {
      CAPTURE(kind);
      RunConfig config = small_run(kind, Norm::none);
      config.optimizer = {.kind = OptimizerKind::sgd, .learning_rate = 1e12};
      config.clip_gradient_norm = clip;
      const RunResult result = train(config, {});
      CHECK(result.status == RunStatus::diverged);
      REQUIRE(result.diverged_step);
      CHECK(*result.diverged_step > 0);
      CHECK(*result.diverged_step < 30);
      CHECK_FALSE(result.test);
      CHECK(all_finite(result));
    }
  }
}

TEST_CASE("tracked layers have statistics that fit the layer") {
  RunConfig config = small_run("mlp", Norm::layer);
  config.track = Tracking::layers;
  const RunResult result = train(config, {});
  const auto& layers = result.evaluations.back().layers;
  REQUIRE(layers.size() == 3);
  CHECK(layers[0].name == "hidden.0");
  CHECK(layers[2].name == "output");
  double squares = 0;
  for (const LayerStatistics& layer : layers) {
    CHECK(layer.gradient_norm > 0);
    squares += layer.parameter_gradient_norm * layer.parameter_gradient_norm;
  }
  CHECK(layers[0].activation_zero_fraction > 0.2);  // a rectifier behind a normalization zeroes about half
  CHECK(layers[0].activation_zero_fraction < 0.8);
  CHECK(std::sqrt(squares) == doctest::Approx(result.evaluations.back().gradient_norm).epsilon(1e-5));
}

TEST_CASE("tracked layers share out the parameters of a bidirectional network") {
  RunConfig config = small_run("gru", Norm::layer);
  config.model.as<Recurrent>().bidirectional = true;
  config.model.as<Recurrent>().layers = 2;
  config.track = Tracking::layers;
  const Evaluation last = train(config, {}).evaluations.back();
  REQUIRE(last.layers.size() == 5);  // two directions of two layers, and the output
  double squares = 0;
  for (const LayerStatistics& layer : last.layers) {
    squares += layer.parameter_gradient_norm * layer.parameter_gradient_norm;
  }
  CHECK(std::sqrt(squares) == doctest::Approx(last.gradient_norm).epsilon(1e-5));
}

TEST_CASE("what has no meaning is refused by name before training") {
  RunConfig config = small_run("mlp", Norm::batch);
  config.batch_size = 1;
  test::check_throws_saying<std::runtime_error>("batch", [&] { train(config, {}); });
  config = small_run("mlp", Norm::instance);
  test::check_throws_saying<std::runtime_error>("instance", [&] { train(config, {}); });
  config = small_run("lstm", Norm::group);
  config.norm.groups = 7;
  test::check_throws_saying<std::runtime_error>("group", [&] { train(config, {}); });
  config = small_run("mlp", Norm::none);
  config.batch_size = 204;
  test::check_throws_saying<std::runtime_error>("batch_size", [&] { train(config, {}); });
}

namespace {

void check_that_every_norm_trains(NormPosition position) {
  for (const std::string& model : model_names()) {
    for (const Norm norm : all_norms()) {
      RunConfig config = small_run(model, norm);
      config.norm.position = position;
      if (undefined_reason(config)) continue;
      CAPTURE(model);
      CAPTURE(static_cast<int>(norm));
      // Networks this narrow lose too much to dead rectifiers.
      config.model = test::small_model(model, Activation::tanh);
      config.optimizer.learning_rate = 0.005;
      config.budget.steps = testing::sanitized ? 65 : 390;
      config.evaluate_every = {.epochs = testing::sanitized ? 1.0 : 3.0, .steps = 0};
      const RunResult result = train(config, {});
      // The lowest loss, since cells of eight units under layer and rms norm jump about from step to step.
      double lowest = test::loss_of(result.evaluations.front().train);
      for (const Evaluation& e : result.evaluations) lowest = std::min(lowest, test::loss_of(e.train));
      const double enough = testing::sanitized ? 1 : 0.9;
      CHECK(lowest < enough * test::loss_of(result.evaluations.front().train));
      CHECK(all_finite(result));
    }
  }
}

}  // namespace

TEST_CASE("every norm that is defined trains every model") {
  check_that_every_norm_trains(NormPosition::before_activation);
}

TEST_CASE("every norm trains after the activation, and recurrent models refuse it") {
  for (const std::string& model : model_names()) {
    RunConfig config = small_run(model, Norm::layer);
    config.norm.position = NormPosition::after_activation;
    const auto reason = undefined_reason(config);
    CHECK(reason.has_value() == (model != "mlp" && model != "cnn"));
    if (reason) CHECK(reason->find("after the activation (norm.position)") != std::string::npos);
  }
  check_that_every_norm_trains(NormPosition::after_activation);
}

}  // namespace normlab
