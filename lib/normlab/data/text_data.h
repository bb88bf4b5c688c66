// Character-level text: bytes become ids, and the text is split into three contiguous parts.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "normlab/core/tensor.h"
#include "normlab/data/dataset_spec.h"

namespace normlab {

class TextData {
 public:
  // `content`: the file's bytes. The last round(validation_fraction * characters) are the test part, as many
  // before them the validation part, the rest the training part, of which train_limit keeps the first so many
  // characters. Throws RequestError naming dataset.path (empty, fewer than two distinct characters),
  // dataset.validation_fraction or dataset.train_limit.
  TextData(std::vector<std::uint8_t> content, const DatasetSpec& spec);

  TextData(TextData&&) = default;
  TextData& operator=(TextData&&) = default;

  // Ids in [0, vocabulary_size()).
  std::span<const std::uint8_t> train() const { return train_; }
  std::span<const std::uint8_t> validation() const { return validation_; }
  std::span<const std::uint8_t> test() const { return test_; }

  int vocabulary_size() const { return static_cast<int>(vocabulary_.size()); }
  // The distinct bytes of the whole file in increasing order; an id is a place in it.
  std::span<const std::uint8_t> vocabulary() const { return vocabulary_; }

  // Throws RequestError naming dataset.path, the part and its length when a part is too short for one window
  // of `window` steps: of batch_size streams for the training part, of evaluation_batch_size (0: the same)
  // for the two others. See TextBatches.
  void require_window(Index batch_size, Index window, Index evaluation_batch_size = 0) const;

 private:
  std::string path_;
  std::vector<std::uint8_t> ids_, vocabulary_;
  std::span<const std::uint8_t> train_, validation_, test_;
};

// Reads spec.path (plain or gzip; a "text:FILE" data set). Throws RequestError naming dataset.path when the
// file is missing, empty or corrupt.
TextData load_text(const DatasetSpec& spec);

}  // namespace normlab
