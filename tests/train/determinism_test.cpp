// Same config and seed, same numbers, bit for bit, however often a run is interrupted.
#include <doctest/doctest.h>

#include "normlab/train/data_source.h"
#include "normlab/train/training_step.h"
#include "train/small_run.h"

namespace normlab {
namespace {

using test::numbers;
using test::small_run;

const std::vector<std::pair<const char*, Norm>> networks = {{"mlp", Norm::batch}, {"lstm", Norm::layer},
                                                            {"gru", Norm::batch}, {"rnn", Norm::weight},
                                                            {"cnn", Norm::group}, {"cnn", Norm::batch}};

// Trains, asking the run to stop at every evaluation, and continues it until it is done.
RunResult train_in_pieces(const RunConfig& config, const std::filesystem::path& checkpoint, int& pieces) {
  for (pieces = 1;; ++pieces) {
    std::atomic<bool> stop = false;
    RunOptions options{.checkpoint = checkpoint, .identity = "test", .stop = &stop};
    options.on_evaluation = [&](const Evaluation&) { stop = true; };
    RunResult result = train(config, options);
    if (result.status == RunStatus::interrupted) continue;
    std::filesystem::remove(checkpoint);
    return result;
  }
}

}  // namespace

TEST_CASE("the same config gives the same numbers, and other seeds give others") {
  for (const auto& one : networks) {
    const auto& kind = one.first;
    const auto& norm = one.second;
    CAPTURE(kind);
    const RunConfig config = small_run(kind, norm);
    const auto first = numbers(train(config, {}));
    CHECK(first == numbers(train(config, {})));
    RunConfig other = config;
    other.seed = 2;
    CHECK(first != numbers(train(other, {})));
  }
}

TEST_CASE("an interrupted and continued run equals one that was left alone") {
  test::TemporaryFolder folder;
  for (const auto& one : networks) {
    const auto& kind = one.first;
    const auto& norm = one.second;
    for (const auto optimizer : {OptimizerKind::adam, OptimizerKind::momentum}) {
      CAPTURE(kind);
      RunConfig config = small_run(kind, norm);
      config.optimizer.kind = optimizer;
      config.optimizer.learning_rate = 0.01;
      config.schedule = {.kind = ScheduleKind::cosine, .warmup_steps = 5};
      config.track = Tracking::layers;
      const auto whole = numbers(train(config, {}));
      int pieces = 0;
      const RunResult continued = train_in_pieces(config, folder.path() / "run.checkpoint", pieces);
      CHECK(numbers(continued) == whole);
      CHECK(pieces > 3);
      CHECK(continued.resumed == pieces - 1);
      CHECK(continued.step_seconds.count == 30);
    }
  }
}

TEST_CASE("a run with dropout equals one that was interrupted, at any batch size, and one without does not") {
  test::TemporaryFolder folder;
  for (const char* kind : {"mlp", "cnn", "gru"}) {
    CAPTURE(kind);
    RunConfig config = small_run(kind, Norm::layer);
    const auto without = numbers(train(config, {}));
    test::set_dropout(config.model, 0.25);
    config.evaluate_every = {.epochs = 0, .steps = 4};  // before, at and after the smaller last batch
    const auto whole = numbers(train(config, {}));
    int pieces = 0;
    CHECK(numbers(train_in_pieces(config, folder.path() / "dropout.checkpoint", pieces)) == whole);
    CHECK(pieces > 3);
    CHECK(whole != without);
    CHECK(whole == numbers(train(config, {})));
  }
}

TEST_CASE("each step of training draws by its own number, also after a resume") {
  RunConfig config = small_run("mlp", Norm::none);
  test::set_dropout(config.model, 0.5);
  const RunData data = load_run_data(config);
  data.train->set_epoch(0);
  Network network(config, data.shape);
  network.prepare(*data.train, Mode::training);
  Optimizer<float> optimizer(config.optimizer, network.parameters());
  TrainingStep train(network, optimizer, 0);
  for (const Index step : {0, 1, 2, 50}) {
    if (step == 50) optimizer.set_steps(50);  // as a checkpoint does
    REQUIRE(train(*data.train, step % data.train->batches(), 0.01));
    CHECK(network.parameters().step() == step);
  }
}

TEST_CASE("text carries its state across an interruption") {
  test::TemporaryFolder folder;
  const auto file = folder.path() / "text.txt";
  {
    std::FILE* out = std::fopen(file.c_str(), "w");
    for (int i = 0; i < 600; ++i) std::fprintf(out, "line %d of the text, %d\n", i, i * i % 17);
    std::fclose(out);
  }
  for (const Norm norm : {Norm::none, Norm::layer, Norm::batch}) {
    RunConfig config = small_run("lstm", norm);
    config.dataset = {.kind = DatasetKind::text, .path = file.string()};
    config.model.as<Recurrent>().embedding = 6;
    config.model.as<Recurrent>().window = 12;
    config.batch_size = 5;
    config.evaluate_every = {.epochs = 0, .steps = 7};
    const RunResult whole = train(config, {});
    int pieces = 0;
    CHECK(numbers(train_in_pieces(config, folder.path() / "text.checkpoint", pieces)) == numbers(whole));
    CHECK(test::loss_of(whole.evaluations.back().validation) <
          test::loss_of(whole.evaluations.front().validation));
  }
}

}  // namespace normlab
