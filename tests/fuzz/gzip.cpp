#include <zlib.h>

#include <algorithm>
#include <vector>

#include "fuzz/fuzz_checks.h"
#include "normlab/data/input_file.h"

namespace normlab::fuzz {
namespace {

using Content = std::vector<std::uint8_t>;

Content read_whole(const MemoryFile& file) {
  InputFile input(file.path(), "dataset.path");
  const Bytes content = input.take(~std::uint64_t{0});
  require(input.content_bytes() == content.size(), "content_bytes() is the size of what was read");
  require(input.content_crc32() == crc32_z(0, content.data(), content.size()),
          "content_crc32() is the checksum of what was read");
  return {content.begin(), content.end()};
}

Content read_in_pieces(const MemoryFile& file, std::size_t piece) {
  InputFile input(file.path(), "dataset.path");
  Content content;
  for (Content buffer(piece);;) {
    const std::size_t count = input.read(buffer.data(), buffer.size());
    content.insert(content.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(count));
    if (count < piece) return content;
  }
}

bool check_any_file(ByteSpan bytes, std::size_t piece) {
  return accepted([&] {
    const MemoryFile file(bytes);
    const Content content = read_whole(file);
    constexpr std::size_t reads = 4096;  // few enough for content that is mostly zeros
    require(read_in_pieces(file, std::max(piece, content.size() / reads + 1)) == content,
            "the size of the pieces does not matter");
  });
}

// A gzip file of two members, then with one byte of it changed.
bool check_compressed(ByteSpan bytes, int level, std::size_t place, std::uint8_t change) {
  const std::size_t half = bytes.size() / 2;
  Content stored = gzip(bytes.first(half), level);
  const Content second = gzip(bytes.subspan(half), level);
  stored.insert(stored.end(), second.begin(), second.end());
  const Content original(bytes.begin(), bytes.end());
  require(read_whole(MemoryFile(stored)) == original, "gzip gives back what was compressed");
  stored[place % stored.size()] ^= change;
  return accepted([&] {
    const Content read = read_whole(MemoryFile(stored));
    const bool is_gzip = stored[0] == 0x1f && stored[1] == 0x8b;
    require(read == (is_gzip ? original : stored), "a damaged gzip file is refused");
  });
}

}  // namespace

// First byte: 0 for a file as it is, otherwise the bytes are compressed first and then damaged.
bool fuzz_gzip(ByteSpan input) {
  InputReader reader(input);
  const std::uint8_t kind = reader.byte();
  const std::uint8_t low = reader.byte(), high = reader.byte(), change = reader.byte();
  const std::size_t number = low + (std::size_t{high} << 8);
  if (kind == 0) return check_any_file(reader.rest(), number + 1);
  return check_compressed(reader.rest(), kind % 10, number, change);
}

}  // namespace normlab::fuzz
