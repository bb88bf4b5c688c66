// Windows of a text, whose streams go on from batch to batch.
#include <algorithm>

#include "normlab/data/text_data.h"
#include "normlab/tasks/language_modelling.h"
#include "normlab/train/data_source.h"

namespace normlab {
namespace {

constexpr Index evaluation_streams = 32;

class TextSource : public BatchSource {
 public:
  TextSource(std::shared_ptr<const void> owner, std::span<const CharacterId> ids, Index streams, Index window)
      : owner_(std::move(owner)), batches_(ids, streams, window), streams_(streams), window_(window) {}
  Index batches() const override { return batches_.windows_per_epoch(); }
  Index batch_size(Index) const override { return streams_; }
  Index samples(Index) const override { return streams_ * window_; }
  void set_epoch(Index) override {}
  void assemble(Index batch, const BatchBuffers<float>& buffers) const override {
    batches_.assemble(batch, buffers.integers(input::tokens).data(), buffers.integers(input::labels).data());
  }

 private:
  std::shared_ptr<const void> owner_;
  TextBatches batches_;
  Index streams_, window_;
};

std::shared_ptr<TextData> text_data(const RunConfig& config) {
  auto data = load_once<TextData>(config.dataset, 0,
                                  [](const DatasetSpec& spec, std::uint64_t) { return load_text(spec); });
  data->require_window(config.batch_size, config.model->window(), 1);
  return data;
}

TaskShape shape_of(const RunConfig& config, const TextData& data) {
  return language_modelling_of(config.dataset.unit, data.vocabulary_size());
}

class Text final : public DataSource {
 public:
  bool reads(const DatasetSpec& dataset) const override { return dataset.kind == DatasetKind::text; }

  DataSize load_size(const RunConfig& config) const override {
    const auto data = text_data(config);
    return {shape_of(config, *data), static_cast<Index>(data->train().size()),
            static_cast<Index>(data->validation().size()), static_cast<Index>(data->test().size()),
            data->checksum()};
  }

  RunData load(const RunConfig& config) const override {
    const auto data = text_data(config);
    const auto in_order = [this, data, config](std::span<const CharacterId> ids) {
      const Index streams = evaluation_batch_size(config, static_cast<Index>(ids.size()));
      return std::make_unique<TextSource>(data, ids, streams, config.model->window());
    };
    std::unique_ptr<BatchSource> in_training_batches;
    if (config.track == Tracking::modes) {
      in_training_batches =
          std::make_unique<TextSource>(data, data->validation(), config.batch_size, config.model->window());
    }
    return {
        .shape = shape_of(config, *data),
        .train = std::make_unique<TextSource>(data, data->train(), config.batch_size, config.model->window()),
        .validation = in_order(data->validation()),
        .mode_validation = std::move(in_training_batches),
        .load_test = [data, in_order]() -> std::unique_ptr<BatchSource> { return in_order(data->test()); },
        .checksum = data->checksum()};
  }

  void require_batches(const RunConfig& config, const DataSize& size) const override {
    const Index window = config.model->window();
    const bool fits = TextBatches::minimum_characters(config.batch_size, window) <= size.train &&
                      TextBatches::minimum_characters(1, window) <= std::min(size.validation, size.test);
    if (!fits) load_size(config);
  }
  Index steps(const RunConfig& config, const DataSize& size) const override {
    return TextBatches::windows_in(size.train, config.batch_size, config.model->window());
  }
  Index samples(const RunConfig& config, const DataSize& size) const override {
    return steps(config, size) * batch_samples(config);
  }
  Index batch_samples(const RunConfig& config) const override {
    return config.batch_size * config.model->window();
  }
  Index evaluation_batch_size(const RunConfig& config, Index samples) const override {
    return std::clamp<Index>((samples - 1) / config.model->window(), 1, evaluation_streams);
  }
  std::vector<Index> batch_sizes(Index, Index batch) const override { return {batch}; }
  std::string_view sample_name(const DatasetSpec& dataset) const override {
    return plural_name(dataset.unit);
  }
};

}  // namespace

const DataSource& text_source() {
  static const Text source;
  return source;
}

}  // namespace normlab
