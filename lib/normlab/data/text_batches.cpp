#include "normlab/data/text_batches.h"

#include <fmt/format.h>

#include <limits>

#include "normlab/core/error.h"

namespace normlab {

Index TextBatches::minimum_characters(Index batch_size, Index window) {
  constexpr Index most = std::numeric_limits<Index>::max();
  return batch_size > (most - 1) / window ? most : batch_size * window + 1;
}

TextBatches::TextBatches(std::span<const CharacterId> ids, Index batch_size, Index window)
    : ids_(ids), batch_size_(batch_size), window_(window) {
  if (batch_size < 1) refuse("batch_size", fmt::format("{}", batch_size), "it must be at least 1");
  if (window < 1) refuse("model.window", fmt::format("{}", window), "it must be at least 1");
  const auto characters = static_cast<Index>(ids.size());
  if (characters < minimum_characters(batch_size, window)) {
    refuse("dataset.path", fmt::format("a part of {} characters", characters),
           fmt::format("a window of {} steps of {} streams needs at least {}", window, batch_size,
                       minimum_characters(batch_size, window)));
  }
  stream_length_ = (characters - 1) / batch_size;  // the last character is a target only
  windows_ = windows_in(characters, batch_size, window);
}

void TextBatches::assemble(Index window_index, std::int32_t* inputs, std::int32_t* targets) const {
  for (Index b = 0; b < batch_size_; ++b) {
    const CharacterId* ids = ids_.data() + b * stream_length_ + window_index * window_;
    for (Index t = 0; t < window_; ++t) {
      inputs[t * batch_size_ + b] = ids[t];
      targets[t * batch_size_ + b] = ids[t + 1];
    }
  }
}

}  // namespace normlab
