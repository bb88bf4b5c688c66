#include "normlab/data/image_batches.h"
#include "normlab/data/text_batches.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "data/idx_files.h"

using namespace normlab;
using namespace normlab::testing;

namespace {

// Image i, of 2 x 3 pixels, starts with the pixel i; its label is i % 7.
ImageSet numbered_images(Index count) {
  ImageSet set{count, 2, 3, 7, {}, {}};
  std::vector<std::uint8_t> pixels;
  for (Index i = 0; i < count; ++i) {
    for (Index p = 0; p < 6; ++p) pixels.push_back(static_cast<std::uint8_t>(i + 40 * p));
    set.labels.push_back(static_cast<std::uint8_t>(i % 7));
  }
  set.pixels = std::move(pixels);
  return set;
}

// The numbers of the samples of an epoch, in order; checks each one's label on the way.
std::vector<int> epoch_samples(const ImageBatches& batches, Index batch_size) {
  std::vector<int> samples;
  std::vector<float> pixels(static_cast<std::size_t>(batch_size * 6));
  std::vector<std::int32_t> labels(static_cast<std::size_t>(batch_size));
  for (Index step = 0; step < batches.steps_per_epoch(); ++step) {
    batches.assemble(step, ImageLayout::flat, pixels.data(), labels.data());
    for (Index b = 0; b < batches.batch_samples(step); ++b) {
      samples.push_back(static_cast<int>(std::lround(pixels[static_cast<std::size_t>(b * 6)] * 255)));
      CHECK(labels[static_cast<std::size_t>(b)] == samples.back() % 7);
    }
  }
  return samples;
}

std::vector<int> first_numbers(int count) {
  std::vector<int> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

std::vector<int> sorted(std::vector<int> values) {
  std::sort(values.begin(), values.end());
  return values;
}

}  // namespace

TEST_CASE(
    "every sample comes exactly once an epoch, in another order each time, the same for the same seed") {
  const ImageSet set = numbered_images(38);
  ImageBatches batches(set.view(), 8, true, 3), again(set.view(), 8, true, 3), other(set.view(), 8, true, 4);
  CHECK(batches.steps_per_epoch() == 5);
  CHECK(batches.batch_samples(4) == 6);
  const std::vector<int> epoch_0 = epoch_samples(batches, 8);
  CHECK(sorted(epoch_0) == first_numbers(38));
  CHECK(epoch_0 != first_numbers(38));
  batches.set_epoch(5);
  const std::vector<int> epoch_5 = epoch_samples(batches, 8);
  CHECK(sorted(epoch_5) == first_numbers(38));
  CHECK(epoch_5 != epoch_0);
  // The order depends on seed and epoch alone, not on the epochs before nor on the batch size.
  again.set_epoch(5);
  CHECK(epoch_samples(again, 8) == epoch_5);
  ImageBatches larger(set.view(), 16, true, 3);
  larger.set_epoch(5);
  CHECK(epoch_samples(larger, 16) == epoch_5);
  CHECK(epoch_samples(other, 8) != epoch_0);
  batches.set_epoch(0);
  CHECK(epoch_samples(batches, 8) == epoch_0);
}

TEST_CASE("shuffled orders are uniform: every sample is equally often first") {
  const ImageSet set = numbered_images(5);
  ImageBatches batches(set.view(), 1, true, 1);
  std::vector<int> first(5);
  for (Index epoch = 0; epoch < 5000; ++epoch) {
    batches.set_epoch(epoch);
    float pixels[6];
    std::int32_t label = 0;
    batches.assemble(0, ImageLayout::flat, pixels, &label);
    ++first[static_cast<std::size_t>(label)];
  }
  // 1000 each, with a standard deviation of 28.
  for (const int count : first) CHECK(std::abs(count - 1000) < 150);
}

TEST_CASE("without shuffling every epoch has the order of the file") {
  const ImageSet set = numbered_images(38);
  ImageBatches batches(set.view(), 8, false, 3);
  batches.set_epoch(2);
  CHECK(epoch_samples(batches, 8) == first_numbers(38));
}

TEST_CASE("a last training batch of one sample is dropped, in evaluation it is kept") {
  const ImageSet set = numbered_images(33);
  const ImageBatches training(set.view(), 8, false, 1);
  CHECK(training.steps_per_epoch() == 4);
  CHECK(training.samples_per_epoch() == 32);
  CHECK(epoch_samples(training, 8) == first_numbers(32));
  const ImageBatches evaluation(set.view(), 8, true, 1, BatchUse::evaluation);
  CHECK(evaluation.steps_per_epoch() == 5);
  CHECK(evaluation.batch_samples(4) == 1);
  CHECK(epoch_samples(evaluation, 8) == first_numbers(33));
  CHECK(ImageBatches(set.view(), 1, false, 1).steps_per_epoch() == 33);
  CHECK(ImageBatches(set.view(), 33, false, 1).steps_per_epoch() == 1);
  CHECK(ImageBatches(set.view(), 50, false, 1, BatchUse::evaluation).batch_samples(0) == 33);
}

TEST_CASE("batch sizes of 0, below 0 and beyond the training set are refused by name") {
  const ImageSet set = numbered_images(33);
  for (const Index size : {0, -4, 34}) {
    const std::string message = request_error([&] { ImageBatches(set.view(), size, true, 1); });
    CAPTURE(message);
    CHECK(message.starts_with("batch_size: " + std::to_string(size) + " is not allowed"));
    CHECK(contains(message, "1 to 33"));
  }
  CHECK_FALSE(request_error([&] { ImageBatches(set.view(), 0, false, 1, BatchUse::evaluation); }).empty());
}

TEST_CASE_TEMPLATE("every layout puts pixel (y, x) of sample b where it says, scaled to [0, 1]", T, float,
                   double) {
  const ImageSet set = numbered_images(11);
  ImageBatches batches(set.view(), 4, true, 9);
  std::int32_t labels[4];
  for (Index step = 0; step < batches.steps_per_epoch(); ++step) {
    const Index count = batches.batch_samples(step);
    std::vector<T> flat(static_cast<std::size_t>(count * 6)), rows(flat), points(flat);
    batches.assemble(step, ImageLayout::flat, flat.data(), labels);
    batches.assemble(step, ImageLayout::time_major_rows, rows.data(), labels);
    batches.assemble(step, ImageLayout::time_major_pixels, points.data(), labels);
    for (Index b = 0; b < count; ++b) {
      const auto sample = static_cast<Index>(std::lround(flat[static_cast<std::size_t>(b * 6)] * 255));
      for (Index y = 0; y < 2; ++y) {
        for (Index x = 0; x < 3; ++x) {
          const Index p = y * 3 + x;
          const T expected = static_cast<T>(set.pixels[static_cast<std::size_t>(sample * 6 + p)]) / T{255};
          CHECK(flat[static_cast<std::size_t>(b * 6 + p)] == expected);
          CHECK(rows[static_cast<std::size_t>((y * count + b) * 3 + x)] == expected);
          CHECK(points[static_cast<std::size_t>(p * count + b)] == expected);
        }
      }
    }
  }
}

TEST_CASE("text windows continue their streams, and targets are the next characters") {
  std::vector<CharacterId> ids(47);
  std::iota(ids.begin(), ids.end(), CharacterId{0});
  const TextBatches batches(ids, 3, 4);  // L = 15: streams start at 0, 15, 30; 3 windows of 4
  CHECK(batches.windows_per_epoch() == 3);
  CHECK(batches.characters_per_epoch() == 36);
  std::int32_t inputs[12], targets[12];
  for (int window = 0; window < 3; ++window) {
    batches.assemble(window, inputs, targets);
    for (int t = 0; t < 4; ++t) {
      for (int b = 0; b < 3; ++b) {
        CHECK(inputs[t * 3 + b] == 15 * b + 4 * window + t);
        CHECK(targets[t * 3 + b] == inputs[t * 3 + b] + 1);
      }
    }
  }
}

TEST_CASE("text that fills one window exactly is enough, one character less is refused") {
  const std::vector<CharacterId> ids(13);
  CHECK(TextBatches(ids, 3, 4).windows_per_epoch() == 1);
  CHECK(TextBatches::minimum_characters(3, 4) == 13);
  const std::span<const CharacterId> fewer = std::span(ids).first(12);
  CHECK(request_error([&] { TextBatches(fewer, 3, 4); }).starts_with("dataset.path: "));
  CHECK(request_error([&] { TextBatches(ids, 0, 4); }).starts_with("batch_size: 0"));
  CHECK(request_error([&] { TextBatches(ids, 3, 0); }).starts_with("model.window: 0"));
}
