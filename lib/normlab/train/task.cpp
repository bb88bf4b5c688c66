#include "normlab/train/task.h"

#include <algorithm>

#include "normlab/data/image_data.h"
#include "normlab/data/text_data.h"

namespace normlab {
namespace {

// Evaluation batches do not depend on the training batch size, so that metrics of different batch sizes
// compare.
constexpr Index evaluation_streams = 32;  // text

// Images; fewer where every sample is a long sequence, whose time steps are all kept in memory.
Index evaluation_batch(const ModelSpec& model) {
  const bool recurrent = model.kind != ModelKind::mlp && model.kind != ModelKind::cnn;
  return recurrent && model.input == SequenceInput::pixels ? 32 : 256;
}

// The data that were loaded last, so that checking a config and running it, or checking the cells of a sweep,
// loads them once.
template <class Data>
std::shared_ptr<Data> load_once(const DatasetSpec& spec, std::uint64_t seed,
                                Data (*load)(const DatasetSpec&, std::uint64_t)) {
  static std::shared_ptr<Data> data;
  static DatasetSpec loaded_spec;
  static std::uint64_t loaded_seed = 0;
  if (data == nullptr || loaded_spec != spec || loaded_seed != seed) {
    data = nullptr;  // frees the memory first
    data = std::make_shared<Data>(load(spec, seed));
    loaded_spec = spec;
    loaded_seed = seed;
  }
  return data;
}

class ImageSource : public BatchSource {
 public:
  // `owner` keeps the pixels alive.
  ImageSource(std::shared_ptr<const void> owner, ImageBatches batches)
      : owner_(std::move(owner)), batches_(std::move(batches)) {}
  Index batches() const override { return batches_.steps_per_epoch(); }
  Index batch_size(Index batch) const override { return batches_.batch_samples(batch); }
  Index samples(Index batch) const override { return batches_.batch_samples(batch); }
  void set_epoch(Index epoch) override { batches_.set_epoch(epoch); }
  void assemble(Index batch, ModelGraph<float>& graph) const override {
    batches_.assemble(batch, graph.layout, graph.images->data.data(), graph.loss->labels().data());
  }

 private:
  std::shared_ptr<const void> owner_;
  ImageBatches batches_;
};

class TextSource : public BatchSource {
 public:
  TextSource(std::shared_ptr<const void> owner, std::span<const CharacterId> ids, Index streams, Index window)
      : owner_(std::move(owner)), batches_(ids, streams, window), streams_(streams), window_(window) {}
  Index batches() const override { return batches_.windows_per_epoch(); }
  Index batch_size(Index) const override { return streams_; }
  Index samples(Index) const override { return streams_ * window_; }
  void set_epoch(Index) override {}
  void assemble(Index batch, ModelGraph<float>& graph) const override {
    batches_.assemble(batch, graph.characters.data(), graph.loss->labels().data());
  }

 private:
  std::shared_ptr<const void> owner_;
  TextBatches batches_;
  Index streams_, window_;
};

Task load_image_task(const RunConfig& config) {
  const bool seeded = config.dataset.kind == DatasetKind::synthetic;
  const auto data = load_once<ImageData>(config.dataset, seeded ? config.seed : 0, load_images);
  const Index most = evaluation_batch(config.model);
  const auto in_order = [most](const std::shared_ptr<const void>& owner, const ImageView& view) {
    const Index batch = std::min(most, view.count);
    return std::make_unique<ImageSource>(owner, ImageBatches(view, batch, false, 0, BatchUse::evaluation));
  };
  Task task;
  task.shape = {.text = false, .height = data->height(), .width = data->width(), .classes = data->classes()};
  task.train = std::make_unique<ImageSource>(
      data, ImageBatches(data->train(), config.batch_size, config.dataset.shuffle, config.seed));
  task.validation = in_order(data, data->validation());
  task.load_test = [data, in_order]() -> std::unique_ptr<BatchSource> {
    auto test = std::make_shared<ImageSet>(data->load_test());
    return in_order(test, test->view());
  };
  return task;
}

Task load_text_task(const RunConfig& config) {
  const auto data = load_once<TextData>(
      config.dataset, 0, [](const DatasetSpec& spec, std::uint64_t) { return load_text(spec); });
  const Index window = config.model.window;
  data->require_window(config.batch_size, window, 1);
  const auto in_order = [data, window](std::span<const CharacterId> ids) {
    const Index most = (static_cast<Index>(ids.size()) - 1) / window;
    return std::make_unique<TextSource>(data, ids, std::clamp<Index>(most, 1, evaluation_streams), window);
  };
  Task task;
  task.shape = {.text = true, .classes = data->vocabulary_size()};
  task.train = std::make_unique<TextSource>(data, data->train(), config.batch_size, window);
  task.validation = in_order(data->validation());
  task.load_test = [data, in_order]() -> std::unique_ptr<BatchSource> { return in_order(data->test()); };
  return task;
}

}  // namespace

Index BatchSource::samples_per_epoch() const {
  Index total = 0;
  for (Index batch = 0; batch < batches(); ++batch) total += samples(batch);
  return total;
}

Task load_task(const RunConfig& config) {
  return config.dataset.kind == DatasetKind::text ? load_text_task(config) : load_image_task(config);
}

}  // namespace normlab
