#include "normlab/data/image_data.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <bitset>
#include <cmath>
#include <string>

#include "normlab/core/error.h"
#include "normlab/core/log.h"
#include "normlab/data/dataset_name.h"
#include "normlab/data/idx.h"
#include "normlab/data/input_file.h"
#include "normlab/data/splits.h"
#include "normlab/data/standard_files.h"

namespace normlab {
namespace {

constexpr Index synthetic_train_count = 4096, synthetic_test_count = 1024;

std::bitset<256> present_classes(const ImageView& view) {
  std::bitset<256> present;
  for (const std::uint8_t label : view.labels) present.set(label);
  return present;
}

void warn_of_missing_classes(std::string_view part, const ImageView& view, const std::bitset<256>& expected) {
  const std::bitset<256> missing = expected & ~present_classes(view);
  if (missing.none()) return;
  std::vector<int> names;
  for (int label = 0; label < view.classes; ++label) {
    if (missing.test(static_cast<std::size_t>(label))) names.push_back(label);
  }
  log_warning(fmt::format(
      "the {} part of the training set ({} samples) has no sample of class {}: it is very small, or "
      "the files are sorted by label",
      part, view.count, fmt::join(names, ", ")));
}

// Counted in turns: where neighbours are equal, as on a blank ground, each count waits for the one before it.
std::array<std::uint64_t, 256> histogram_of(std::span<const std::uint8_t> pixels) {
  constexpr std::size_t turns = 4;
  std::array<std::array<std::uint64_t, 256>, turns> counts{};
  std::size_t i = 0;
  for (; i + turns <= pixels.size(); i += turns) {
    for (std::size_t turn = 0; turn < turns; ++turn) ++counts[turn][pixels[i + turn]];
  }
  for (; i < pixels.size(); ++i) ++counts[0][pixels[i]];
  for (std::size_t turn = 1; turn < turns; ++turn) {
    for (std::size_t p = 0; p < 256; ++p) counts[0][p] += counts[turn][p];
  }
  return counts[0];
}

// The mean and the deviation of all pixels of all images: two numbers, not two for each pixel.
PixelScale standardizing_scale(const ImageView& view) {
  const std::array<std::uint64_t, 256> histogram = histogram_of(view.pixels);
  const double count = static_cast<double>(view.pixels.size());
  double mean = 0, variance = 0;
  for (std::size_t p = 0; p < 256; ++p) mean += static_cast<double>(p * histogram[p]) / count;
  for (std::size_t p = 0; p < 256; ++p) {
    const double deviation = static_cast<double>(p) - mean;
    variance += deviation * deviation * static_cast<double>(histogram[p]) / count;
  }
  if (variance == 0) return {static_cast<float>(mean), 1};
  return {static_cast<float>(mean), static_cast<float>(std::sqrt(variance))};
}

ImageData load_files(const DatasetSpec& spec) {
  const std::string field = image_files_field(spec);
  const IdxFiles files = find_image_files(spec);
  std::array<IdxContent, 2> contents;
  ImageSet train = read_idx(files.train_images, files.train_labels, 0, field, contents.data());
  require_known_content(spec.kind, 0, contents[0], files.train_images, field);
  require_known_content(spec.kind, 1, contents[1], files.train_labels, field);
  IdxContent test_labels;
  const IdxShape test = check_idx(files.test_images, files.test_labels, train.classes, field, &test_labels);
  if (test.height != train.height || test.width != train.width) {
    refuse_file(field, files.test_images,
                fmt::format("holds images of {} x {}; those of the training set are {} x {}", test.height,
                            test.width, train.height, train.width));
  }
  auto load_test = [files, field, kind = spec.kind, classes = train.classes] {
    std::array<IdxContent, 2> test_contents;
    ImageSet set = read_idx(files.test_images, files.test_labels, classes, field, test_contents.data());
    require_known_content(kind, 2, test_contents[0], files.test_images, field);
    require_known_content(kind, 3, test_contents[1], files.test_labels, field);
    return set;
  };
  const std::string checksum =
      fmt::format("{:08x}{:08x}{:08x}", contents[0].crc32, contents[1].crc32, test_labels.crc32);
  return ImageData(std::move(train), test.count, spec, std::move(load_test), checksum);
}

}  // namespace

ImageData::ImageData(ImageSet training_file, Index test_count, const DatasetSpec& spec, TestLoader load_test,
                     std::string checksum)
    : storage_(std::move(training_file)),
      test_count_(kept_for_test(test_count, spec.test_limit, "samples")),
      load_test_(std::move(load_test)),
      checksum_(std::move(checksum)) {
  const ImageView all = storage_.view();
  const Index held_out = held_out_count(all.count, spec.validation_fraction, 1);
  const Index kept = kept_for_training(all.count - held_out, spec.train_limit, "samples");
  train_ = all.part(0, kept);
  const Index validated = kept_for_validation(held_out, spec.validation_limit, "samples");
  validation_ = all.part(all.count - held_out, validated);
  if (spec.standardize) {
    storage_.scale = standardizing_scale(train_);
    train_.scale = validation_.scale = storage_.scale;
  }
  const std::bitset<256> expected = present_classes(all);
  warn_of_missing_classes("held-out validation", validation_, expected);
  warn_of_missing_classes("remaining", train_, expected);
}

ImageSet ImageData::load_test() const {
  try {
    ImageSet test = load_test_();
    test.scale = storage_.scale;
    return test;
  } catch (const RequestError& error) {
    throw RunError(fmt::format("the test set changed during the run: {}", error.what()));
  }
}

ImageData load_images(const DatasetSpec& spec, std::uint64_t seed) {
  switch (spec.kind) {
    case DatasetKind::fashion_mnist:
    case DatasetKind::mnist:
    case DatasetKind::idx:
      return load_files(spec);
    case DatasetKind::synthetic:
      return ImageData(synthetic_images(seed, "train", synthetic_train_count), synthetic_test_count, spec,
                       [seed] { return synthetic_images(seed, "test", synthetic_test_count); });
    case DatasetKind::text:
      break;
  }
  refuse("dataset", dataset_name(spec), "images are needed: fashion-mnist, mnist, idx:FOLDER or synthetic");
}

}  // namespace normlab
