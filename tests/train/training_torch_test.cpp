// Whole runs of the trainer against PyTorch's: what stands between the operations. Batches and epochs, the
// schedule, clipping, weight decay, the state that a text carries, evaluations.
#include <doctest/doctest.h>

#include "data/idx_files.h"
#include "normlab/models/mlp.h"
#include "normlab/models/recurrent.h"
#include "normlab/train/trainer.h"
#include "torch_fixture.h"

namespace normlab {
namespace {

using test::TorchCase;
using test::TorchFixture;

// Of losses, gradient norms and parameters; PyTorch's own single precision is off by up to 2e-5.
constexpr double tolerance = 2e-4;

std::string bytes_of(const TensorView& tensor) {
  std::string bytes;
  for (const float value : tensor.values) bytes += static_cast<char>(static_cast<int>(value));
  return bytes;
}

void write_images(const TorchCase& data, const std::filesystem::path& folder) {
  for (const auto& [part, file] : {std::pair{"train", "train"}, {"test", "t10k"}}) {
    const TensorView& images = data.tensor(std::string(part) + "_images");
    const auto count = static_cast<std::uint32_t>(images.shape[0]);
    testing::write_file(folder / (std::string(file) + "-images-idx3-ubyte"),
                        testing::images_header(count, 6, 6) + bytes_of(images));
    testing::write_file(folder / (std::string(file) + "-labels-idx1-ubyte"),
                        testing::labels_header(count) + bytes_of(data.tensor(std::string(part) + "_labels")));
  }
}

void write_text(const TorchCase& data, const std::filesystem::path& file) {
  std::string text = bytes_of(data.tensor("letters"));
  for (char& letter : text) letter = static_cast<char>('a' + letter);
  testing::write_file(file, text);
}

// The tensors "PART/NAME" of a case, as a parameters file or in its place.
std::vector<TensorView> tensors_below(const TorchCase& c, const Safetensors& file, const std::string& part) {
  std::vector<TensorView> found;
  const std::string prefix = c.name + "/" + part + "/";
  for (const TensorView& tensor : file.tensors()) {
    if (tensor.name.starts_with(prefix))
      found.push_back({tensor.name.substr(prefix.size()), tensor.shape, tensor.values});
  }
  return found;
}

OptimizerSpec optimizer_of(const TorchCase& c) {
  OptimizerSpec spec;
  const std::string kind = c.settings.at("optimizer");
  spec.kind = kind == "sgd"        ? OptimizerKind::sgd
              : kind == "nesterov" ? OptimizerKind::momentum
              : kind == "adam"     ? OptimizerKind::adam
                                   : OptimizerKind::adamw;
  spec.nesterov = kind == "nesterov";
  spec.learning_rate = c.settings.at("learning_rate");
  spec.weight_decay = c.settings.at("weight_decay");
  return spec;
}

ScheduleSpec schedule_of(const TorchCase& c) {
  ScheduleSpec spec;
  spec.kind = c.settings.at("schedule") == "cosine" ? ScheduleKind::cosine : ScheduleKind::step;
  spec.warmup_steps = c.settings.at("warmup_steps");
  spec.final_factor = c.settings.value("final_factor", spec.final_factor);
  spec.step_epochs = c.settings.value("step_epochs", spec.step_epochs);
  spec.factor = c.settings.value("factor", spec.factor);
  return spec;
}

ModelSpec model_of(const TorchCase& c, const TorchCase& data) {
  const std::string name = c.settings.at("model");
  if (name == "mlp") return Mlp{.hidden = {12, 8}};
  const CellKind cell = name == "lstm" ? CellKind::lstm : name == "gru" ? CellKind::gru : CellKind::tanh;
  return Recurrent{.cell = cell,
                   .layers = c.settings.value("layers", Index{1}),
                   .hidden_size = 8,
                   .embedding = data.settings.value("embedding", Index{1}),
                   .window = data.settings.value("window", Index{1})};
}

RunConfig config_of(const TorchCase& c, const TorchCase& data) {
  RunConfig config;
  config.model = model_of(c, data);
  config.norm.kind = test::norm_named(c.settings.at("norm"));
  config.optimizer = optimizer_of(c);
  config.schedule = schedule_of(c);
  config.clip_gradient_norm = c.settings.at("clip_gradient_norm");
  config.batch_size = data.settings.at("batch_size");
  config.dataset.validation_fraction = data.settings.at("validation_fraction");
  config.dataset.shuffle = false;
  config.budget = {.epochs = 0, .steps = c.settings.at("steps")};
  config.evaluate_every = {.epochs = 0, .steps = 1};
  return config;
}

// A run in a folder of its own: its config, what it is to give, and what it gave.
class ComparedRun {
 public:
  explicit ComparedRun(const std::string& name)
      : file_(Safetensors::read(std::string(NORMLAB_TEST_DATA) + "/torch_training.safetensors", "fixture")),
        expected(fixture_.find(name)) {
    const bool text = expected.settings.contains("layers");
    const TorchCase& data = fixture_.find(text ? "text" : "images");
    config = config_of(expected, data);
    config.dataset.kind = text ? DatasetKind::text : DatasetKind::idx;
    config.dataset.path = (text ? folder_.path() / "text" : folder_.path()).string();
    if (text) {
      write_text(data, config.dataset.path);
    } else {
      write_images(data, folder_.path());
    }
    config.initial_parameters = (folder_.path() / "initial.safetensors").string();
    testing::write_file(config.initial_parameters,
                        encode_safetensors(tensors_below(expected, file_, "initial"), {}));
  }

  RunResult run(RunOptions options = {}) const {
    options.save_parameters = folder_.path() / "final.safetensors";
    return train(config, options);
  }

  void check_final_parameters() const {
    const Safetensors found = Safetensors::read(folder_.path() / "final.safetensors", "parameters");
    const auto wanted = tensors_below(expected, file_, "final");
    CHECK(found.tensors().size() == wanted.size());
    for (const TensorView& tensor : wanted) {
      CAPTURE(tensor.name);
      const TensorView* actual = found.find(tensor.name);
      REQUIRE(actual != nullptr);
      REQUIRE(actual->shape == tensor.shape);
      CHECK(test::relative_error(actual->values, tensor.values) <= tolerance);
    }
  }

  std::vector<double> numbers(const std::string& quantity) const {
    const auto& values = expected.tensor(quantity).values;
    return {values.begin(), values.end()};
  }

 private:
  Safetensors file_;
  TorchFixture fixture_{"training"};
  testing::TemporaryFolder folder_;

 public:
  RunConfig config;
  const TorchCase& expected;
};

const std::vector<std::string> runs = {"mlp.layer.adamw.clip.warmup.cosine",
                                       "mlp.batch.nesterov.clip.warmup.step",
                                       "mlp.none.sgd.decay.cosine",
                                       "lstm.layer.adamw.clip.warmup.cosine",
                                       "lstm.batch.adam",
                                       "gru.none.sgd.clip",
                                       "rnn.rms.nesterov.decay.warmup"};

}  // namespace

TEST_CASE("every step of a run is PyTorch's: schedule, clipping, decay, batches, epochs, carried states") {
  for (const std::string& name : runs) {
    CAPTURE(name);
    const ComparedRun run(name);
    const RunResult result = run.run();
    const auto loss = run.numbers("loss"), error = run.numbers("error"), norm = run.numbers("gradient_norm"),
               rate = run.numbers("learning_rate"), validation_loss = run.numbers("validation_loss"),
               validation_error = run.numbers("validation_error"), test = run.numbers("test");
    REQUIRE(result.evaluations.size() == loss.size());
    for (std::size_t step = 0; step < loss.size(); ++step) {
      CAPTURE(step);
      const Evaluation& e = result.evaluations[step];
      CHECK(e.step == static_cast<Index>(step) + 1);
      CHECK(e.train[0] == doctest::Approx(loss[step]).epsilon(tolerance));
      CHECK(e.train[1] == doctest::Approx(error[step]).epsilon(1e-6));
      CHECK(e.gradient_norm == doctest::Approx(norm[step]).epsilon(tolerance));
      CHECK(e.learning_rate == doctest::Approx(rate[step]).epsilon(1e-6));
      CHECK(e.validation[0] == doctest::Approx(validation_loss[step]).epsilon(tolerance));
      CHECK(e.validation[1] == doctest::Approx(validation_error[step]).epsilon(1e-6));
    }
    REQUIRE(result.test);
    CHECK((*result.test)[0] == doctest::Approx(test[0]).epsilon(tolerance));
    CHECK((*result.test)[1] == doctest::Approx(test[1]).epsilon(1e-6));
    run.check_final_parameters();
  }
}

TEST_CASE("the training loss of an evaluation is the mean over the samples since the one before") {
  ComparedRun run("mlp.layer.adamw.clip.warmup.cosine");
  run.config.evaluate_every.steps = 4;  // across the ends of epochs, whose last batch has 8 images, not 10
  const auto loss = run.numbers("loss"), error = run.numbers("error");
  const RunResult result = run.run();
  REQUIRE(result.evaluations.size() == loss.size() / 4);
  for (std::size_t i = 0; i < result.evaluations.size(); ++i) {
    double losses = 0, errors = 0, count = 0;
    for (std::size_t step = 4 * i; step < 4 * i + 4; ++step) {
      const double samples = step % 5 == 4 ? 8 : 10;
      losses += samples * loss[step];
      errors += samples * error[step];
      count += samples;
    }
    CHECK(result.evaluations[i].train[0] == doctest::Approx(losses / count).epsilon(tolerance));
    CHECK(result.evaluations[i].train[1] == doctest::Approx(errors / count).epsilon(1e-6));
  }
}

TEST_CASE("a budget in epochs gives the schedule the same length as the steps that it means") {
  ComparedRun run("mlp.none.sgd.decay.cosine");
  run.config.budget = {.epochs = 3.6, .steps = 0};  // of 5 steps each
  const auto rate = run.numbers("learning_rate");
  const RunResult result = run.run();
  REQUIRE(result.evaluations.size() == rate.size());
  for (std::size_t step = 0; step < rate.size(); ++step)
    CHECK(result.evaluations[step].learning_rate == doctest::Approx(rate[step]).epsilon(1e-6));
  run.check_final_parameters();
}

TEST_CASE("a run that is interrupted after every step is PyTorch's as well") {
  for (const std::string name :
       {"mlp.batch.nesterov.clip.warmup.step", "lstm.layer.adamw.clip.warmup.cosine"}) {
    CAPTURE(name);
    const ComparedRun run(name);
    testing::TemporaryFolder folder;
    RunResult result;
    do {
      std::atomic<bool> stop = false;
      RunOptions options{.checkpoint = folder.path() / "checkpoint", .identity = "test", .stop = &stop};
      options.on_evaluation = [&](const Evaluation&) { stop = true; };
      result = run.run(options);
    } while (result.status == RunStatus::interrupted);
    const auto loss = run.numbers("loss");
    REQUIRE(result.evaluations.size() == loss.size());
    CHECK(result.resumed == static_cast<Index>(loss.size()) - 1);
    for (std::size_t step = 0; step < loss.size(); ++step)
      CHECK(result.evaluations[step].train[0] == doctest::Approx(loss[step]).epsilon(tolerance));
    run.check_final_parameters();
  }
}

}  // namespace normlab
