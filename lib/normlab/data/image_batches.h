// Batches of images, written straight into the buffers of the training graph. Nothing here allocates after
// construction.
#pragma once

#include <cstdint>
#include <vector>

#include "normlab/core/tensor.h"
#include "normlab/data/image_set.h"

namespace normlab {

// How a batch of B images of H by W pixels lies in memory, row-major.
enum class ImageLayout {
  flat,               // (B, H * W); with one channel also (B, 1, H, W) and (B, H, W, 1)
  time_major_rows,    // (T = H, B, W): a sequence of rows
  time_major_pixels,  // (T = H * W, B, 1): a sequence of pixels
};

enum class BatchUse {
  training,    // shuffled if asked; a last batch of one sample is dropped
  evaluation,  // in order, every sample; the batch size may exceed the number of samples
};

class ImageBatches {
 public:
  // The images must outlive the batches. Starts in epoch 0. Throws RequestError naming batch_size when it is
  // not positive, or, for training, larger than the number of samples.
  ImageBatches(const ImageView& images, Index batch_size, bool shuffle, std::uint64_t seed,
               BatchUse use = BatchUse::training);

  // The last batch may be smaller. In training, a last batch of exactly one sample is dropped when batch_size
  // > 1, for every norm alike: one sample has no batch statistics, so batch norm cannot take that step, and
  // the other norms must see the same data to be compared with it. With shuffling another sample is left out
  // each epoch.
  Index steps_per_epoch() const { return steps_; }
  Index samples_per_epoch() const { return samples_; }
  // Throws RequestError naming batch_size unless it is 1 to `samples`.
  static void require_batch_size(Index batch_size, Index samples);
  // Of `samples`, those that an epoch of training uses.
  static Index used_samples(Index samples, Index batch_size);

  // The order of an epoch is a function of (seed, epoch) alone, so a run can be resumed anywhere.
  void set_epoch(Index epoch);

  Index batch_samples(Index step) const;  // of `step` in [0, steps_per_epoch())

  // Writes the batch: pixels, scaled as the view says, in `layout` with B = batch_samples(step), and B
  // labels. T: float or double.
  template <class T>
  void assemble(Index step, ImageLayout layout, T* pixels, std::int32_t* labels) const;

 private:
  ImageView images_;
  Index batch_size_, samples_, steps_;
  bool shuffle_;
  std::uint64_t seed_;
  std::vector<std::uint32_t> order_;  // sample numbers in the order of the epoch
};

}  // namespace normlab
