#include "normlab/data/image_batches.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "normlab/core/error.h"
#include "normlab/core/random.h"

namespace normlab {
namespace {

Index checked_batch_size(Index batch_size, Index samples, BatchUse use) {
  if (use == BatchUse::training) ImageBatches::require_batch_size(batch_size, samples);
  if (batch_size < 1) refuse("batch_size", fmt::format("{}", batch_size), "it must be at least 1");
  return batch_size;
}

// Division, not a product with 1 / 255: correctly rounded, and as fast once vectorized.
template <class T>
T scale_pixel(std::uint8_t pixel, const PixelScale& scale) {
  return (static_cast<T>(pixel) - static_cast<T>(scale.mean)) / static_cast<T>(scale.deviation);
}

template <class T>
void scale_pixels(const std::uint8_t* source, Index count, const PixelScale& scale, T* destination) {
  for (Index i = 0; i < count; ++i) destination[i] = scale_pixel<T>(source[i], scale);
}

}  // namespace

ImageBatches::ImageBatches(const ImageView& images, Index batch_size, bool shuffle, std::uint64_t seed,
                           BatchUse use)
    : images_(images),
      batch_size_(checked_batch_size(batch_size, images.count, use)),
      samples_(use == BatchUse::training ? used_samples(images.count, batch_size) : images.count),
      steps_((samples_ + batch_size - 1) / batch_size),
      shuffle_(shuffle && use == BatchUse::training),
      seed_(seed),
      order_(static_cast<std::size_t>(images.count)) {
  std::iota(order_.begin(), order_.end(), 0u);
  set_epoch(0);
}

void ImageBatches::require_batch_size(Index batch_size, Index samples) {
  if (batch_size >= 1 && batch_size <= samples) return;
  refuse("batch_size", fmt::format("{}", batch_size),
         fmt::format("it must be 1 to {}, the number of training samples", samples));
}

Index ImageBatches::used_samples(Index samples, Index batch_size) {
  const bool lone_last_sample = batch_size > 1 && samples > 1 && samples % batch_size == 1;
  return lone_last_sample ? samples - 1 : samples;
}

void ImageBatches::set_epoch(Index epoch) {
  if (!shuffle_) return;
  std::iota(order_.begin(), order_.end(), 0u);
  Random random(seed_, hash_name("shuffle") + static_cast<std::uint64_t>(epoch));
  for (std::size_t last = order_.size() - 1; last > 0; --last) {
    std::swap(order_[last], order_[static_cast<std::size_t>(random.below(last + 1))]);
  }
}

Index ImageBatches::batch_samples(Index step) const {
  return std::min(batch_size_, samples_ - step * batch_size_);
}

template <class T>
void ImageBatches::assemble(Index step, ImageLayout layout, T* pixels, std::int32_t* labels) const {
  const Index count = batch_samples(step), height = images_.height, width = images_.width,
              size = height * width;
  const std::uint32_t* order = order_.data() + step * batch_size_;
  const std::uint8_t* source = images_.pixels.data();
  const PixelScale scale = images_.scale;
  for (Index b = 0; b < count; ++b) labels[b] = images_.labels[order[b]];
  switch (layout) {
    case ImageLayout::flat:
      for (Index b = 0; b < count; ++b)
        scale_pixels(source + order[b] * size, size, scale, pixels + b * size);
      break;
    case ImageLayout::time_major_rows:
      for (Index b = 0; b < count; ++b) {
        for (Index t = 0; t < height; ++t) {
          scale_pixels(source + order[b] * size + t * width, width, scale, pixels + (t * count + b) * width);
        }
      }
      break;
    case ImageLayout::time_major_pixels:
      for (Index t = 0; t < size; ++t) {
        for (Index b = 0; b < count; ++b) {
          pixels[t * count + b] = scale_pixel<T>(source[order[b] * size + t], scale);
        }
      }
      break;
  }
}

template void ImageBatches::assemble(Index, ImageLayout, float*, std::int32_t*) const;
template void ImageBatches::assemble(Index, ImageLayout, double*, std::int32_t*) const;

}  // namespace normlab
