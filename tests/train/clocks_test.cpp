// A resumed run's clocks go on from where its checkpoint says they were.
#include <doctest/doctest.h>

#include <map>

#include "normlab/core/process.h"
#include "normlab/train/checkpoint.h"
#include "normlab/train/data_source.h"
#include "normlab/train/network.h"
#include "train/small_run.h"

namespace normlab {
namespace {

using nlohmann::json;

// The clocks of a run that has been through a lot. Powers of two, so that no sum of some is another.
const std::map<std::string, double> long_ago = {{"train_seconds", 1 << 20},
                                                {"evaluate_seconds", 1 << 19},
                                                {"checkpoint_seconds", 1 << 18},
                                                {"elapsed_seconds", 1 << 22},
                                                {"cpu_seconds", 1 << 21}};

// A run whose checkpoint can be looked into and changed.
class RunWithClocks {
  test::TemporaryFolder folder_;

 public:
  RunConfig config = test::small_run("mlp", Norm::layer);
  std::filesystem::path checkpoint = folder_.path() / "checkpoint";

  // Until the next evaluation, or to the end.
  RunResult go_on(bool to_the_end = false) const {
    std::atomic<bool> stop = false;
    RunOptions options{.checkpoint = checkpoint, .identity = "test", .stop = &stop};
    options.on_evaluation = [&](const Evaluation&) { stop = !to_the_end; };
    return train(config, options);
  }

  json position() {
    const Checkpoint read(checkpoint, "test");
    read.restore(network_.parameters(), optimizer_);
    return read.position();
  }
  void set_clocks() {
    json changed = position();
    for (const auto& [clock, seconds] : long_ago) changed.at(clock) = seconds;
    write_checkpoint(checkpoint, "test", changed, network_.parameters(), optimizer_);
  }

 private:
  RunData data_ = load_run_data(config);
  Network network_ = recorded();
  Optimizer<float> optimizer_{config.optimizer, network_.parameters()};

  Network recorded() {
    Network network(config, data_.shape);
    network.prepare(*data_.train, Mode::training);
    network.prepare(*data_.validation, Mode::evaluation);
    return network;
  }
};

// What the clocks of one process may show: from nothing to the time that it took.
struct Since {
  double begin = monotonic_seconds(), processor_begin = process_cpu_seconds();
  void check(double now, double before, bool processor = false) const {
    CHECK(now >= before);
    const double passed = processor ? process_cpu_seconds() - processor_begin : monotonic_seconds() - begin;
    CHECK(now <= before + passed + 1e-6);
  }
};

}  // namespace

TEST_CASE("a resumed run's clocks are those of its checkpoint and what passed since") {
  RunWithClocks run;
  const RunResult first = run.go_on();
  REQUIRE(first.status == RunStatus::interrupted);
  run.set_clocks();

  const Since since;
  const RunResult second = run.go_on(true);
  REQUIRE(second.status == RunStatus::finished);
  REQUIRE(second.evaluations.size() > first.evaluations.size());
  for (std::size_t i = 0; i < first.evaluations.size(); ++i)
    CHECK(second.evaluations[i].elapsed_seconds == first.evaluations[i].elapsed_seconds);
  for (std::size_t i = first.evaluations.size(); i < second.evaluations.size(); ++i) {
    const Evaluation& e = second.evaluations[i];
    since.check(e.train_seconds, long_ago.at("train_seconds"));
    since.check(e.evaluate_seconds, long_ago.at("evaluate_seconds"));
    since.check(e.elapsed_seconds, long_ago.at("elapsed_seconds"));
    since.check(e.cpu_seconds, long_ago.at("cpu_seconds"), true);
    // The parts of this process go into its elapsed time.
    const double parts =
        e.train_seconds - long_ago.at("train_seconds") + e.evaluate_seconds - long_ago.at("evaluate_seconds");
    CHECK(e.elapsed_seconds - long_ago.at("elapsed_seconds") >= parts - 1e-6);
  }
  since.check(second.checkpoint_seconds, long_ago.at("checkpoint_seconds"));
}

TEST_CASE("the checkpoint of a resumed run holds what passed before it and since") {
  RunWithClocks run;
  REQUIRE(run.go_on().status == RunStatus::interrupted);
  run.set_clocks();
  const Since since;
  REQUIRE(run.go_on().status == RunStatus::interrupted);
  const json position = run.position();
  for (const auto& one : long_ago) {
    const auto& clock = one.first;
    const auto& seconds = one.second;
    CAPTURE(clock);
    since.check(position.at(clock), seconds, clock == "cpu_seconds");
  }
  CHECK(position.at("train_seconds") > long_ago.at("train_seconds"));
  CHECK(position.at("evaluate_seconds") > long_ago.at("evaluate_seconds"));
  CHECK(position.at("elapsed_seconds") > long_ago.at("elapsed_seconds"));
}

TEST_CASE("the training clock's processor time is that of the steps, without evaluations and checkpoints") {
  RunConfig config = test::small_run("mlp", Norm::layer);
  config.model.as<Mlp>().hidden = {
      256};  // the whole of the validation data costs much more than a batch of 16
  config.evaluate_every = {.epochs = 0, .steps = 1};
  test::TemporaryFolder folder;
  const RunResult result = train(config, {.checkpoint = folder.path() / "checkpoint",
                                          .checkpoint_seconds = 0,  // one after every step
                                          .identity = "test"});
  const double others = result.evaluations.back().evaluate_seconds + result.checkpoint_seconds;
  CHECK(result.clock.cpu_seconds < result.clock.seconds + 0.2 * others);
}

TEST_CASE("a run that is not interrupted counts every part of its time once") {
  RunConfig config = test::small_run("mlp", Norm::layer);
  test::TemporaryFolder folder;
  const Since since;
  const RunResult result = train(config, {.checkpoint = folder.path() / "checkpoint",
                                          .checkpoint_seconds = 0,  // one after every step
                                          .identity = "test"});
  double train_before = 0, evaluate_before = 0, elapsed_before = 0, cpu_before = 0;
  for (const Evaluation& e : result.evaluations) {
    CHECK(e.train_seconds > train_before);
    CHECK(e.evaluate_seconds > evaluate_before);
    CHECK(e.elapsed_seconds > elapsed_before);
    CHECK(e.cpu_seconds >= cpu_before);
    train_before = e.train_seconds, evaluate_before = e.evaluate_seconds;
    elapsed_before = e.elapsed_seconds, cpu_before = e.cpu_seconds;
    since.check(e.train_seconds + e.evaluate_seconds, 0);
    since.check(e.cpu_seconds, 0, true);
    CHECK(e.elapsed_seconds >= e.train_seconds + e.evaluate_seconds);
  }
  CHECK(result.checkpoint_seconds > 0);
  since.check(train_before + evaluate_before + result.checkpoint_seconds, 0);
}

}  // namespace normlab
