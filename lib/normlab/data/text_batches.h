// Batches of text, written straight into the buffers of the training graph. Nothing here allocates after
// construction.
#pragma once

#include <cstdint>
#include <span>

#include "normlab/core/tensor.h"

namespace normlab {

using CharacterId = std::uint16_t;

// Contiguous streams for truncated back-propagation through time: with L = (characters - 1) / batch_size,
// stream b is the characters [b L, (b + 1) L), and window w its steps [w window, (w + 1) window). State is
// carried from a window to the next; what does not fill a last window is left out.
class TextBatches {
 public:
  // `ids` must outlive the batches. Throws RequestError naming batch_size when it is not positive, or
  // dataset.path when there are fewer than minimum_characters().
  TextBatches(std::span<const CharacterId> ids, Index batch_size, Index window);

  // What no Index holds is the largest that it holds.
  static Index minimum_characters(Index batch_size, Index window);
  // Whole windows in so many characters.
  static Index windows_in(Index characters, Index batch_size, Index window) {
    return (characters - 1) / batch_size / window;
  }

  Index windows_per_epoch() const { return windows_; }
  Index characters_per_epoch() const { return windows_ * window_ * batch_size_; }

  // Writes inputs and targets, both (T = window, B = batch_size) time-major; targets[t, b] is the character
  // after inputs[t, b].
  void assemble(Index window_index, std::int32_t* inputs, std::int32_t* targets) const;

 private:
  std::span<const CharacterId> ids_;
  Index batch_size_, window_, stream_length_, windows_;
};

}  // namespace normlab
