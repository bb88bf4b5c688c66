// Character-level text: characters or bytes become ids, and the text is split into three contiguous parts.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/core/tensor.h"
#include "normlab/data/bytes.h"
#include "normlab/data/dataset_spec.h"
#include "normlab/data/text_batches.h"

namespace normlab {

constexpr std::size_t most_distinct_characters = 65536;

// "characters" or "bytes", for messages.
std::string_view plural_name(TextUnit unit);

// What a text's file has that training does not see, or sees and may be a surprise.
struct TextFormat {
  bool byte_order_mark = false;  // at the start, of UTF-8
  Index carriage_returns = 0;    // all
  Index carriage_returns_before_line_feeds = 0;
};

TextFormat describe_format(std::string_view content);

class TextData {
 public:
  // `content`: the file's bytes, in UTF-8 unless spec.unit is byte; they may go afterwards. As characters, a
  // byte order mark at the start is left out. The last round(validation_fraction * characters) are the test
  // part, as many before them the validation part, the rest the training part; train_limit, validation_limit
  // and test_limit keep the first so many characters (bytes) of theirs. Throws RequestError naming
  // dataset.path (empty, not UTF-8, fewer than two or more than most_distinct_characters distinct
  // characters), dataset.validation_fraction or a limit.
  TextData(std::string_view content, const DatasetSpec& spec);

  TextData(TextData&&) = default;
  TextData& operator=(TextData&&) = default;

  // Ids in [0, vocabulary_size()).
  std::span<const CharacterId> train() const { return train_; }
  std::span<const CharacterId> validation() const { return validation_; }
  std::span<const CharacterId> test() const { return test_; }

  const std::string& checksum() const { return checksum_; }  // XXH64 of the content, hexadecimal digits

  int vocabulary_size() const { return static_cast<int>(vocabulary_.size()); }
  // The distinct code points (bytes) of the whole file in increasing order; an id is a place in it.
  std::span<const std::uint32_t> vocabulary() const { return vocabulary_; }

  // Throws RequestError naming dataset.path, the part and its length when a part is too short for one window
  // of `window` steps: of batch_size streams for the training part, of evaluation_batch_size (0: the same)
  // for the two others. See TextBatches.
  void require_window(Index batch_size, Index window, Index evaluation_batch_size = 0) const;

 private:
  void split(const DatasetSpec& spec);

  std::string path_;
  TextUnit unit_;
  std::string checksum_;
  std::vector<CharacterId> ids_;
  std::vector<std::uint32_t> vocabulary_;
  std::span<const CharacterId> train_, validation_, test_;
};

// Reads spec.path (plain or gzip; a "text:FILE" data set). Throws RequestError naming dataset.path when the
// file is missing, empty or corrupt, and as TextData does. Says so when it leaves out a byte order mark.
TextData load_text(const DatasetSpec& spec);

// The bytes of the text's file.
Bytes read_text_content(const DatasetSpec& spec);

}  // namespace normlab
