// Whole training runs against PyTorch: 50 steps from the same parameters on the same batches.
#include "normlab/models/cnn.h"
#include "normlab/models/mlp.h"
#include "normlab/models/model.h"
#include "normlab/models/recurrent.h"
#include "normlab/optim/optimizer.h"
#include "normlab/tasks/classification.h"
#include "torch_fixture.h"

namespace normlab {
namespace {

using test::TorchCase;

ModelSpec model_of(const std::string& kind) {
  if (kind == "mlp") return Mlp{.hidden = {24, 24}};
  if (kind == "lstm") return Recurrent{.cell = CellKind::lstm, .hidden_size = 16};
  return Cnn{.blocks = {{6}, {8}}, .dense = {16}};
}

// The images (batches, B, H, W) and labels (batches, B) that both sides trained on, batch after batch.
class Batches {
 public:
  explicit Batches(const TorchCase& data) : images_(data.tensor("images")), labels_(data.tensor("labels")) {}
  Index batch_size() const { return images_.shape[1]; }
  TaskShape task() const { return classification_of({images_.shape[2], images_.shape[3]}, 10); }

  void assemble(Index step, ModelGraph<float>& model) const {
    const Index size = batch_size(), height = images_.shape[2], width = images_.shape[3];
    const Index batch = step % images_.shape[0];
    const float* images = images_.values.data() + batch * size * height * width;
    const ImageBuffer<float>& buffer = model.buffers.images(input::images);
    float* to = buffer.values->data.data();
    const bool rows_first = buffer.layout == ImageLayout::time_major_rows;
    for (Index b = 0; b < size; ++b) {
      for (Index h = 0; h < height; ++h) {
        float* row = to + (rows_first ? h * size + b : b * height + h) * width;
        std::copy_n(images + (b * height + h) * width, width, row);
      }
      model.buffers.integers(input::labels)[static_cast<std::size_t>(b)] =
          static_cast<std::int32_t>(labels_.values[static_cast<std::size_t>(batch * size + b)]);
    }
  }

 private:
  const TensorView &images_, &labels_;
};

std::vector<double> train(const TorchCase& c, const Batches& batches, Index steps) {
  const std::string model = c.settings.at("model"), network = c.name.substr(0, c.name.find('.'));
  const NormPosition position = network.ends_with("_after_activation") ? NormPosition::after_activation
                                                                       : NormPosition::before_activation;
  const NormSpec norm{.kind = test::norm_named(c.settings.at("norm")), .position = position};
  Parameters<float> parameters({}, 1);
  const auto graph =
      record_model(model_of(model), norm, batches.task(), batches.batch_size(), Mode::training, parameters);
  const std::string file = std::string(NORMLAB_TEST_DATA) + "/torch_initial_" + network + ".safetensors";
  load_parameters(Safetensors::read(file, "fixture"), "fixture", parameters);
  OptimizerSpec spec;
  spec.kind = c.settings.at("optimizer") == "adam" ? OptimizerKind::adam : OptimizerKind::sgd;
  Optimizer<float> optimizer(spec, parameters);
  MetricSums sums(classification().sums.size());
  std::vector<double> losses;
  for (Index step = 0; step < steps; ++step) {
    batches.assemble(step, *graph);
    graph->graph.forward();
    sums.clear();
    graph->loss->add_to(sums);
    losses.push_back(sums.mean_loss());
    graph->graph.backward();
    optimizer.step(c.settings.at("learning_rate"));
  }
  return losses;
}

void follow_torch(const Names& networks) {
  const test::TorchFixture fixture("trajectories");
  const Batches batches(fixture.find("data"));
  for (const std::string& network : networks) {
    for (const std::string optimizer : {"sgd", "adam"}) {
      const TorchCase& c = fixture.find(network + "." + optimizer);
      const auto expected = c.tensor("losses").values;
      REQUIRE(expected.size() == 50);
      const std::vector<double> losses = train(c, batches, 50);
      double worst = 0;
      for (std::size_t step = 0; step < 50; ++step)
        worst = std::max(worst, std::abs(losses[step] / static_cast<double>(expected[step]) - 1));
      INFO(c.name << ": the worst relative difference is " << worst);
      CHECK(worst <= (optimizer == "sgd" ? 1e-4 : 1e-3));
    }
  }
}

}  // namespace

TEST_CASE("50 training steps of the mlp follow PyTorch's losses, for none, batch and layer norm") {
  follow_torch({"mlp_none", "mlp_batch", "mlp_layer"});
}

TEST_CASE("50 training steps of the lstm follow PyTorch's losses, for none, batch and layer norm") {
  follow_torch({"lstm_none", "lstm_batch", "lstm_layer"});
}

TEST_CASE("50 training steps of the cnn follow PyTorch's losses, for none, batch and layer norm") {
  follow_torch({"cnn_none", "cnn_batch", "cnn_layer"});
}

TEST_CASE("50 training steps with the norm after the activation follow PyTorch's losses") {
  follow_torch({"mlp_batch_after_activation", "mlp_layer_after_activation", "cnn_layer_after_activation"});
}

}  // namespace normlab
