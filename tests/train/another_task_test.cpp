// A task that normlab has not: a number is to be guessed from an image, by least squares, and its last metric
// is one of which higher is better. From batches to a report, nothing may assume the tasks that there are.
#include <doctest/doctest.h>

#include <cmath>
#include <memory>

#include "normlab/analysis/build_report.h"
#include "normlab/analysis/show.h"
#include "normlab/experiment/run/record_head.h"
#include "normlab/records/record.h"
#include "normlab/records/record_check.h"
#include "normlab/train/trainer.h"
#include "synthetic_records.h"
#include "text.h"
#include "train/small_run.h"

namespace normlab {
namespace {

using testing::contains;
// output (B, 1). The mean over the batch of (output - label)^2.
class SquaredError : public Op<float> {
 public:
  explicit SquaredError(Value<float>& output)
      : output_(*this, output, GradientWrite::in_forward),
        labels_(static_cast<std::size_t>(output.data.dimension(0))) {}
  std::string name() const override { return "squared error"; }
  void backward() override {}
  void forward() override {
    squares_ = near_ = 0;
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      const float difference = output_.data()[i] - static_cast<float>(labels_[i]);
      squares_ += difference * difference;
      near_ += std::abs(difference) <= 0.5F ? 1 : 0;
      if (output_.wants_gradient())
        output_.gradient()[i] = 2 * difference / static_cast<float>(labels_.size());
    }
  }

  std::vector<std::int32_t>& labels() { return labels_; }
  void add_to(MetricSums& sums) const {
    sums.values[0] += squares_;
    sums.values[1] += near_;
    sums.count += static_cast<Index>(labels_.size());
  }

 private:
  Input<float> output_;
  std::vector<std::int32_t> labels_;
  double squares_ = 0, near_ = 0;
};

class LeastSquares final : public Loss<float> {
 public:
  explicit LeastSquares(const SquaredError& op) : op_(op) {}
  void add_to(MetricSums& sums) const override { op_.add_to(sums); }

 private:
  const SquaredError& op_;
};

std::unique_ptr<Loss<float>> add_least_squares(Graph<float>& graph, Value<float>& output,
                                               BatchBuffers<float>& buffers) {
  auto& op = graph.add<SquaredError>(output);
  buffers.add_integers("numbers", op.labels());
  return std::make_unique<LeastSquares>(op);
}

const Task& regression() {
  static const Task task{
      .name = "regression",
      .inputs = {std::string(input::images)},
      .samples = Samples::independent,
      .sums = {{.name = "squares"}, {.name = "near", .counts_predictions = true}},
      .metrics = {{.name = "squared_error", .unit = "squared points", .better = Better::lower, .best = 0},
                  {.name = "root", .unit = "points", .better = Better::lower, .best = 0},
                  {.name = "hit_rate", .unit = "fraction", .better = Better::higher, .best = 1}},
      .values =
          [](const MetricSums& sums) {
            return MetricValues{sums.mean_loss(), std::sqrt(sums.mean_loss()),
                                sums.values[1] / static_cast<double>(std::max<Index>(sums.count, 1))};
          },
      .exploded_loss = 1e4,
      .loss = {add_least_squares, nullptr},
      .learns = [](const DatasetSpec&) { return false; }};
  return task;
}

// Images of 2 x 2 pixels, all b % 4, whose number is that.
class Numbers : public BatchSource {
 public:
  Index batches() const override { return 4; }
  Index batch_size(Index) const override { return 8; }
  Index samples(Index) const override { return 8; }
  void set_epoch(Index) override {}
  void assemble(Index batch, const BatchBuffers<float>& buffers) const override {
    float* pixels = buffers.images(input::images).values->data.data();
    for (Index b = 0; b < 8; ++b) {
      const Index number = (b + batch) % 4;
      std::fill_n(pixels + 4 * b, 4, static_cast<float>(number));
      buffers.integers("numbers")[static_cast<std::size_t>(b)] = static_cast<std::int32_t>(number);
    }
  }
};

RunData numbers() {
  return {.shape = {.task = &regression(), .inputs = {ImageShape{2, 2}}, .outputs = 1},
          .train = std::make_unique<Numbers>(),
          .validation = std::make_unique<Numbers>(),
          .load_test = []() -> std::unique_ptr<BatchSource> { return std::make_unique<Numbers>(); },
          .checksum = ""};
}

RunConfig config() {
  RunConfig config = test::small_run("mlp", Norm::none);
  config.batch_size = 8;
  config.optimizer.learning_rate = 0.003;
  config.budget = {.epochs = 0, .steps = 400, .seconds = 0};
  config.evaluate_every = {.epochs = 0, .steps = 5};
  config.target = parse_target("validation.hit_rate>=0.9", regression().metrics);
  return config;
}

RecordHead head() {
  RecordHead head = record_head(config());
  head.metrics = regression().metrics;
  return head;
}

}  // namespace

TEST_CASE("another task trains to a target of which higher is better") {
  const RunResult result = train(config(), numbers(), {});
  CHECK(result.status == RunStatus::reached_target);
  REQUIRE(result.evaluations.size() > 1);
  const MetricValues &first = result.evaluations.front().validation,
                     &last = result.evaluations.back().validation;
  CHECK(first.back() < 0.9);
  CHECK(last.back() >= 0.9);
  CHECK(last[0] < first[0]);
  CHECK(last[1] == doctest::Approx(std::sqrt(last[0])));
  CHECK(result.test->back() >= 0.9);
}

TEST_CASE("another task's run continues from its checkpoint") {
  const test::TemporaryFolder folder;
  const std::vector<double> whole = test::numbers(train(config(), numbers(), {}));
  std::atomic<bool> stop = false;
  RunOptions options{.checkpoint = folder.path() / "c", .identity = "test", .stop = &stop};
  options.on_step = [&](const TrainingPosition& position) { stop = position.step == 12; };
  REQUIRE(train(config(), numbers(), options).status == RunStatus::interrupted);
  const RunResult continued =
      train(config(), numbers(), {.checkpoint = folder.path() / "c", .identity = "test"});
  CHECK(continued.resumed == 1);
  CHECK(test::numbers(continued) == whole);
}

TEST_CASE("another task's loss explodes where the task says") {
  RunConfig wild = config();
  wild.optimizer = {.kind = OptimizerKind::sgd, .learning_rate = 30};
  CHECK(train(wild, numbers(), {}).status == RunStatus::diverged);
}

TEST_CASE("another task's record names its metrics, and is shown and reported by them") {
  const nlohmann::json record =
      nlohmann::json::parse(record_text(make_record(head(), train(config(), numbers(), {}))));
  CHECK(record_defect(record) == "");
  CHECK(record["metrics"][2] ==
        nlohmann::json{{"name", "hit_rate"}, {"unit", "fraction"}, {"better", "higher"}});
  CHECK(record["test"].size() == 3);
  const std::string shown = render_record(record);
  CHECK(contains(shown, "test           root "));
  CHECK(contains(shown, "validation hit rate"));
  CHECK(contains(shown, "┄┄┄"));  // the target, over which the curve may pass
  CHECK(contains(shown, "training squared error (squared points, mean since the evaluation before)"));

  SyntheticSweep sweep;
  sweep.add(record);
  nlohmann::json diverged = record;
  diverged["status"] = "diverged";
  diverged["diverged_step"] = 7;
  diverged["config"]["seed"] = 2;
  for (const char* field : {"test", "convergence"}) diverged.erase(field);
  sweep.add(diverged);
  const Report report = build_report(sweep.folder());
  REQUIRE(report.rows.size() == 1);
  CHECK(report.rows[0].test_metric == "hit_rate");
  REQUIRE(report.rows[0].test);
  CHECK(report.rows[0].test->missed == 1);
  CHECK(std::isinf(report.rows[0].test->minimum));  // the run that diverged is the worst
  CHECK(report.rows[0].test->maximum >= 0.9);
}

}  // namespace normlab
