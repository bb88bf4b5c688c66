// Labelled images in memory.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "normlab/core/tensor.h"
#include "normlab/data/bytes.h"

namespace normlab {

// What a network sees of a pixel p: (p - mean) / deviation.
struct PixelScale {
  float mean = 0, deviation = 255;
};

// A part of an image set, not owned. pixels: (count, height, width) row-major, 0..255; labels: (count), each
// in [0, classes).
struct ImageView {
  Index count = 0, height = 0, width = 0;
  int classes = 0;
  std::span<const std::uint8_t> pixels, labels;
  PixelScale scale;

  ImageView part(Index first, Index part_count) const;  // the samples [first, first + part_count)
};

// An image set that owns its memory. Pixels stay bytes; batches scale them (data/image_batches.h).
struct ImageSet {
  Index count = 0, height = 0, width = 0;
  int classes = 0;
  Bytes pixels;
  std::vector<std::uint8_t> labels;
  PixelScale scale;

  ImageView view() const;  // valid until pixels or labels change; moving the set keeps it valid
};

}  // namespace normlab
