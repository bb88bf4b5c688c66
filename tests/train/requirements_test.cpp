#include "normlab/train/requirements.h"
#include "normlab/train/data_source.h"

#include <doctest/doctest.h>

#include <cmath>

#include "data/idx_files.h"
#include "train/small_run.h"

using namespace normlab;
using normlab::test::small_run;
using normlab::testing::contains;
using normlab::testing::request_error;

namespace {

Index counted_steps(const RunConfig& config) {
  return load_run_data(config).train->batches();
}

}  // namespace

TEST_CASE("what is known of an epoch before the data are cut is what an epoch then has") {
  for (const Index batch_size : {1, 2, 7, 101, 202, 203}) {
    RunConfig config = small_run("mlp", Norm::none);
    config.batch_size = batch_size;
    const DataSize size = load_data_size(config);
    const RunData data = load_run_data(config);
    CAPTURE(batch_size);
    CHECK(steps_per_epoch(config, size) == data.train->batches());
    CHECK(samples_per_epoch(config, size) == data.train->samples_per_epoch());
    CHECK(size.validation == data.validation->samples_per_epoch());
    CHECK(size.test == data.load_test()->samples_per_epoch());
  }
}

TEST_CASE("a budget that ends before the first step is refused, with what a step is") {
  RunConfig config = small_run("mlp", Norm::none);  // 13 steps an epoch
  const DataSize size = load_data_size(config);
  CHECK(counted_steps(config) == 13);
  config.budget = {.epochs = 1.0 / 13};
  CHECK_NOTHROW(require_first_step(config, size));
  config.budget = {.epochs = 0.07};
  const std::string message = request_error([&] { require_first_step(config, size); });
  CHECK(contains(message, "budget.epochs: 0.07"));
  CHECK(contains(message, "0.07692 epochs"));
  CHECK(request_error([&] { train(config, {}); }) == message);
}

TEST_CASE("a budget of samples ends at the first step behind which so many were trained on") {
  RunConfig config = small_run("mlp", Norm::none);  // 12 batches of 16 and one of 11 an epoch: 203 samples
  const DataSize size = load_data_size(config);
  const auto step_of = [&](Index samples) {
    config.budget = {.epochs = 0, .samples = samples};
    const Index expected = last_step(config, size);
    CHECK(train(config, {}).evaluations.back().step == expected);
    return expected;
  };
  CHECK(step_of(1) == 1);
  CHECK(step_of(16) == 1);
  CHECK(step_of(17) == 2);
  CHECK(step_of(192) == 12);
  CHECK(step_of(193) == 13);
  CHECK(step_of(203) == 13);
  CHECK(step_of(204) == 14);
  CHECK(step_of(2 * 203 + 33) == 29);
  config.budget = {.epochs = 1, .steps = 0, .samples = 2 * 203};  // the first that is used up
  CHECK(last_step(config, size) == 13);
  config.budget = {.epochs = 0, .seconds = 1};
  CHECK(last_step(config, size) == std::numeric_limits<Index>::max());
}

TEST_CASE("a network that does not fit into memory is refused before it is built, with both figures") {
  // The libraries take 48 MB beside each network.
  CHECK_NOTHROW(require_memory(2e9, 1, 2'048'000'000));
  CHECK_THROWS_AS(require_memory(2e9, 1, 2'047'000'000), RequestError);
  CHECK_NOTHROW(require_memory(2e9, 2, 2'096'000'000));
  CHECK_THROWS_AS(require_memory(2e9, 2, 2'095'000'000), RequestError);
  CHECK_NOTHROW(require_memory(2e9, 1, std::nullopt));
  CHECK(request_error([] { require_memory(2.04e9, 1, 500'000'000); }) ==
        "model: a network that needs about 2.1 GB of memory to train is not allowed; 500 MB are available.");
  CHECK(request_error([] { require_memory(3e9, 2, 500'000'000); }).starts_with("jobs: 2 runs side by side"));

  for (Index layers : {Index{45'000}, Index{1'000'000'000'000}}) {
    RunConfig config = small_run("lstm", Norm::layer);
    config.model.as<Recurrent>().hidden_size = 1000;
    config.model.as<Recurrent>().layers = layers;
    const std::string message = request_error([&] { train(config, {}); });
    CAPTURE(message);
    CHECK(message.starts_with("model: "));
    CHECK(contains(message, "TB of memory"));
    CHECK(contains(message, "are available"));
    CHECK(request_error([&] { check_against_data(config); }) == message);
  }
}

TEST_CASE("limits keep the first samples of the validation part and of the test set") {
  RunConfig config = small_run("mlp", Norm::none);
  config.dataset.validation_limit = 30;
  config.dataset.test_limit = 40;
  const DataSize size = load_data_size(config);
  CHECK(size.validation == 30);
  CHECK(size.test == 40);
  const RunResult result = train(config, {});
  REQUIRE(result.test.has_value());
  CHECK(test::error_of(*result.test) * 40 == doctest::Approx(std::round(test::error_of(*result.test) * 40)));
  config.dataset.validation_limit = 1'000'000;
  CHECK(request_error([&] { load_run_data(config); }).starts_with("dataset.validation_limit: 1000000"));
  config.dataset.validation_limit = 0;
  config.dataset.test_limit = 1'000'000;
  CHECK(request_error([&] { load_run_data(config); }).starts_with("dataset.test_limit: 1000000"));
}

TEST_CASE("evaluation that costs more than training is said, with its two numbers and what to do") {
  RunConfig config = small_run("mlp", Norm::none);
  config.dataset.validation_limit = 0;  // 341 samples of 4096
  config.evaluate_every = {.epochs = 1};
  CHECK_FALSE(evaluation_warning(config, load_data_size(config)).has_value());
  config.evaluate_every = {.epochs = 0, .steps = 4};
  const std::string warning = evaluation_warning(config, load_data_size(config)).value_or("");
  CAPTURE(warning);
  CHECK(contains(warning, "341 samples"));
  CHECK(contains(warning, "every 62 "));
  // Some 341 evaluated for 3 × 62 that are trained on.
  CHECK(evaluation_share(config, load_data_size(config)) == doctest::Approx(341 / (3 * 62.0)).epsilon(0.01));
  CHECK(contains(warning, "dataset.validation_limit"));
  CHECK(contains(warning, "evaluate_every"));
  config.dataset.validation_limit = 100;
  CHECK_FALSE(evaluation_warning(config, load_data_size(config)).has_value());
}

TEST_CASE("set-up is over before the first evaluation, and says so once") {
  RunConfig config = small_run("mlp", Norm::none);
  std::string order;
  RunOptions options;
  options.on_ready = [&](Index) { order += "r"; };
  options.on_evaluation = [&](const Evaluation&) { order += "e"; };
  train(config, options);
  CHECK(order.starts_with("re"));
  CHECK(order.find('r', 1) == std::string::npos);
}
