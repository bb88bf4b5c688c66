// Same config and seed, same numbers, bit for bit, however often a run is interrupted.
#include <doctest/doctest.h>

#include "small_run.h"

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
  for (const auto& [kind, norm] : networks) {
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
  for (const auto& [kind, norm] : networks) {
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
