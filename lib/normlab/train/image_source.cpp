// Batches of images with one label each.
#include <algorithm>

#include "normlab/data/image_batches.h"
#include "normlab/data/image_data.h"
#include "normlab/tasks/classification.h"
#include "normlab/train/data_source.h"

namespace normlab {
namespace {

class ImageSource : public BatchSource {
 public:
  // `owner` keeps the pixels alive.
  ImageSource(std::shared_ptr<const void> owner, ImageBatches batches)
      : owner_(std::move(owner)), batches_(std::move(batches)) {}
  Index batches() const override { return batches_.steps_per_epoch(); }
  Index batch_size(Index batch) const override { return batches_.batch_samples(batch); }
  Index samples(Index batch) const override { return batches_.batch_samples(batch); }
  void set_epoch(Index epoch) override { batches_.set_epoch(epoch); }
  void assemble(Index batch, const BatchBuffers<float>& buffers) const override {
    const ImageBuffer<float>& images = buffers.images(input::images);
    batches_.assemble(batch, images.layout, images.values->data.data(),
                      buffers.integers(input::labels).data());
  }

 private:
  std::shared_ptr<const void> owner_;
  ImageBatches batches_;
};

std::shared_ptr<ImageData> image_data(const RunConfig& config) {
  const bool seeded = config.dataset.kind == DatasetKind::synthetic;
  return load_once<ImageData>(config.dataset, seeded ? config.seed : 0, load_images);
}

TaskShape shape_of(const ImageData& data) {
  return classification_of({.height = data.height(), .width = data.width()}, data.classes());
}

class LabelledImages final : public DataSource {
 public:
  bool reads(const DatasetSpec& dataset) const override { return dataset.kind != DatasetKind::text; }

  DataSize load_size(const RunConfig& config) const override {
    const auto data = image_data(config);
    ImageBatches::require_batch_size(config.batch_size, data->train().count);
    return {shape_of(*data), data->train().count, data->validation().count, data->test_count(),
            data->checksum()};
  }

  RunData load(const RunConfig& config) const override {
    const auto data = image_data(config);
    const auto in_order = [this, config](const std::shared_ptr<const void>& owner, const ImageView& view) {
      const Index batch = evaluation_batch_size(config, view.count);
      return std::make_unique<ImageSource>(owner, ImageBatches(view, batch, false, 0, BatchUse::evaluation));
    };
    std::unique_ptr<BatchSource> in_training_batches;
    if (config.track == Tracking::modes) {
      const ImageView whole =
          data->validation().part(0, data->validation().count - data->validation().count % config.batch_size);
      in_training_batches = std::make_unique<ImageSource>(
          data, ImageBatches(whole, config.batch_size, false, 0, BatchUse::evaluation));
    }
    return {.shape = shape_of(*data),
            .train = std::make_unique<ImageSource>(
                data, ImageBatches(data->train(), config.batch_size, config.dataset.shuffle, config.seed)),
            .validation = in_order(data, data->validation()),
            .mode_validation = std::move(in_training_batches),
            .load_test = [data, in_order]() -> std::unique_ptr<BatchSource> {
              auto test = std::make_shared<ImageSet>(data->load_test());
              return in_order(test, test->view().part(0, data->test_count()));
            },
            .checksum = data->checksum()};
  }

  void require_batches(const RunConfig& config, const DataSize& size) const override {
    ImageBatches::require_batch_size(config.batch_size, size.train);
  }
  Index steps(const RunConfig& config, const DataSize& size) const override {
    return (samples(config, size) - 1) / config.batch_size + 1;
  }
  Index samples(const RunConfig& config, const DataSize& size) const override {
    return ImageBatches::used_samples(size.train, config.batch_size);
  }
  Index batch_samples(const RunConfig& config) const override { return config.batch_size; }
  Index evaluation_batch_size(const RunConfig& config, Index samples) const override {
    return std::min(config.model->evaluation_samples(), samples);
  }
  std::vector<Index> batch_sizes(Index samples, Index batch) const override {
    return {std::min(samples, batch), samples % batch};
  }
  std::string_view sample_name(const DatasetSpec&) const override { return "samples"; }
};

}  // namespace

const DataSource& image_source() {
  static const LabelledImages source;
  return source;
}

}  // namespace normlab
