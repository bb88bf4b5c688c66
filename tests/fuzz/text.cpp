#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "fuzz/fuzz_checks.h"
#include "normlab/core/text.h"
#include "normlab/data/text_data.h"

namespace normlab::fuzz {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

// In UTF-8, by another way than the one that is tested.
std::string encode(std::uint32_t code_point) {
  const auto half = [](std::uint32_t number) { return fmt::format("\\u{:04x}", number); };
  const std::string escaped = code_point < 0x10000 ? half(code_point)
                                                   : half(0xd800 + ((code_point - 0x10000) >> 10)) +
                                                         half(0xdc00 + ((code_point - 0x10000) & 0x3ff));
  return nlohmann::json::parse('"' + escaped + '"').get<std::string>();
}

std::string encode(const TextData& data, TextUnit unit) {
  std::vector<std::string> encoded;
  for (const std::uint32_t code : data.vocabulary()) {
    encoded.push_back(unit == TextUnit::byte ? std::string(1, static_cast<char>(code)) : encode(code));
  }
  std::string content;
  for (const auto part : {data.train(), data.validation(), data.test()}) {
    for (const CharacterId id : part) content += encoded.at(id);
  }
  return content;
}

void check(std::string_view text, const DatasetSpec& spec) {
  const TextData data = load_text(spec);
  require(std::ranges::is_sorted(data.vocabulary()), "the vocabulary is in increasing order");
  require(spec.unit == TextUnit::byte || is_utf8(text), "what is not UTF-8 is refused");
  std::string content = encode(data, spec.unit);
  if (spec.train_limit == 0) {
    if (spec.unit == TextUnit::character && text.starts_with(byte_order_mark)) {
      text.remove_prefix(byte_order_mark.size());
    }
    require(content == text, "the three parts are the whole text");
  }
  data.require_window(1 + spec.train_limit % 4, 1 + spec.train_limit % 8);
}

}  // namespace

// First byte: whether the file is compressed, and the unit; two bytes: fraction held out, training limit;
// then the text.
bool fuzz_text(ByteSpan input) {
  InputReader reader(input);
  const std::uint8_t flags = reader.byte(), fraction = reader.byte(), limit = reader.byte();
  const ByteSpan stored = reader.rest();
  const bool compressed = (flags & 1) != 0 || (!stored.empty() && stored[0] == 0x1f);
  const MemoryFile file(compressed ? gzip(stored, 1) : std::vector(stored.begin(), stored.end()));
  return accepted([&] {
    check(InputReader(stored).text(), {.kind = DatasetKind::text,
                                       .path = file.path(),
                                       .train_limit = limit,
                                       .validation_fraction = fraction / 256.0,
                                       .unit = (flags & 2) != 0 ? TextUnit::byte : TextUnit::character});
  });
}

}  // namespace normlab::fuzz
