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
Index evaluation_images(const ModelSpec& model) {
  const bool recurrent = is_recurrent(model.kind);
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

std::shared_ptr<ImageData> image_data(const RunConfig& config) {
  const bool seeded = config.dataset.kind == DatasetKind::synthetic;
  return load_once<ImageData>(config.dataset, seeded ? config.seed : 0, load_images);
}

std::shared_ptr<TextData> text_data(const RunConfig& config) {
  auto data = load_once<TextData>(config.dataset, 0,
                                  [](const DatasetSpec& spec, std::uint64_t) { return load_text(spec); });
  data->require_window(config.batch_size, config.model.window, 1);
  return data;
}

TaskShape shape_of(const ImageData& data) {
  return {.text = false, .height = data.height(), .width = data.width(), .classes = data.classes()};
}

TaskShape shape_of(const TextData& data) {
  return {.text = true, .classes = data.vocabulary_size()};
}

Task load_image_task(const RunConfig& config) {
  const auto data = image_data(config);
  const auto in_order = [config](const std::shared_ptr<const void>& owner, const ImageView& view) {
    const Index batch = evaluation_batch_size(config, view.count);
    return std::make_unique<ImageSource>(owner, ImageBatches(view, batch, false, 0, BatchUse::evaluation));
  };
  Task task;
  task.shape = shape_of(*data);
  task.data_checksum = data->checksum();
  task.train = std::make_unique<ImageSource>(
      data, ImageBatches(data->train(), config.batch_size, config.dataset.shuffle, config.seed));
  task.validation = in_order(data, data->validation());
  task.load_test = [data, in_order]() -> std::unique_ptr<BatchSource> {
    auto test = std::make_shared<ImageSet>(data->load_test());
    return in_order(test, test->view().part(0, data->test_count()));
  };
  return task;
}

Task load_text_task(const RunConfig& config) {
  const auto data = text_data(config);
  const Index window = config.model.window;
  const auto in_order = [data, config](std::span<const CharacterId> ids) {
    const Index streams = evaluation_batch_size(config, static_cast<Index>(ids.size()));
    return std::make_unique<TextSource>(data, ids, streams, config.model.window);
  };
  Task task;
  task.shape = shape_of(*data);
  task.data_checksum = data->checksum();
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

Index evaluation_batch_size(const RunConfig& config, Index samples) {
  if (config.dataset.kind != DatasetKind::text) return std::min(evaluation_images(config.model), samples);
  return std::clamp<Index>((samples - 1) / config.model.window, 1, evaluation_streams);
}

DataSize load_data_size(const RunConfig& config) {
  if (config.dataset.kind == DatasetKind::text) {
    const auto data = text_data(config);
    return {shape_of(*data), static_cast<Index>(data->train().size()),
            static_cast<Index>(data->validation().size()), static_cast<Index>(data->test().size()),
            data->checksum()};
  }
  const auto data = image_data(config);
  ImageBatches::require_batch_size(config.batch_size, data->train().count);
  return {shape_of(*data), data->train().count, data->validation().count, data->test_count(),
          data->checksum()};
}

Task load_task(const RunConfig& config) {
  return config.dataset.kind == DatasetKind::text ? load_text_task(config) : load_image_task(config);
}

}  // namespace normlab
