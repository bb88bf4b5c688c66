#include <algorithm>
#include <vector>

#include "fuzz/fuzz_checks.h"
#include "normlab/data/text_data.h"

namespace normlab::fuzz {
namespace {

using Content = std::vector<std::uint8_t>;

void append_text(Content& content, Bytes ids, Bytes vocabulary) {
  for (const std::uint8_t id : ids) {
    require(id < vocabulary.size(), "ids are below the size of the vocabulary");
    content.push_back(vocabulary[id]);
  }
}

}  // namespace

// First byte: whether the file is compressed; two bytes: fraction held out, training limit; then the text.
void fuzz_text(Bytes input) {
  InputReader reader(input);
  const bool compressed = (reader.byte() & 1) != 0;
  const std::uint8_t fraction = reader.byte(), limit = reader.byte();
  const Bytes text = reader.rest();
  const MemoryFile file(compressed ? gzip(text, 1) : Content(text.begin(), text.end()));
  accepted([&] {
    const TextData data = load_text({.kind = DatasetKind::text,
                                     .path = file.path(),
                                     .train_limit = limit,
                                     .validation_fraction = fraction / 256.0});
    require(std::ranges::is_sorted(data.vocabulary()), "the vocabulary is in increasing order");
    Content content;
    for (const Bytes part : {data.train(), data.validation(), data.test()}) {
      append_text(content, part, data.vocabulary());
    }
    if (limit == 0 && (compressed || text[0] != 0x1f)) {
      require(std::ranges::equal(content, text), "the three parts are the whole text");
    }
    data.require_window(1 + limit % 4, 1 + fraction % 8);
  });
}

}  // namespace normlab::fuzz
