#include <algorithm>
#include <optional>
#include <vector>

#include "fuzz/fuzz_checks.h"
#include "normlab/data/idx.h"

namespace normlab::fuzz {
namespace {

using Content = std::vector<std::uint8_t>;

constexpr std::uint8_t images_compressed = 1, labels_compressed = 2, ten_classes = 4;

Content stored(ByteSpan bytes, bool compressed) {
  return compressed ? gzip(bytes, 1) : Content(bytes.begin(), bytes.end());
}

void append_big_endian(Content& file, Index number) {
  for (int shift = 24; shift >= 0; shift -= 8) file.push_back(static_cast<std::uint8_t>(number >> shift));
}

Content encode(ByteSpan elements, std::uint8_t rank, std::initializer_list<Index> sizes) {
  Content file{0, 0, 8, rank};
  for (const Index size : sizes) append_big_endian(file, size);
  file.insert(file.end(), elements.begin(), elements.end());
  return file;
}

bool equal(const Content& content, ByteSpan bytes) {
  return std::equal(content.begin(), content.end(), bytes.begin(), bytes.end());
}

}  // namespace

// First byte: what is compressed, and whether the number of classes is given; two bytes: the size of the
// labels' file; then that file and the images'.
bool fuzz_idx(ByteSpan input) {
  InputReader reader(input);
  const std::uint8_t flags = reader.byte(), low = reader.byte(), high = reader.byte();
  const ByteSpan labels = reader.bytes(low + (std::size_t{high} << 8));
  const ByteSpan images = reader.rest();
  const MemoryFile labels_file(stored(labels, (flags & labels_compressed) != 0));
  const MemoryFile images_file(stored(images, (flags & images_compressed) != 0));
  const int classes = (flags & ten_classes) != 0 ? 10 : 0;

  std::optional<ImageSet> set;
  accepted([&] { set = read_idx(images_file.path(), labels_file.path(), classes, "dataset.path"); });
  std::optional<IdxShape> shape;
  const int counted = set ? set->classes : 10;
  accepted([&] { shape = check_idx(images_file.path(), labels_file.path(), counted, "dataset.path"); });
  if (!set) return false;
  require(shape && shape->count == set->count && shape->height == set->height && shape->width == set->width,
          "check_idx finds what read_idx reads");
  require(std::ranges::all_of(set->labels, [&](int label) { return label < set->classes; }),
          "labels are below the number of classes");
  // A file inside the input may itself be gzip, and then is not what its content is encoded as.
  const auto is_gzip = [](ByteSpan file) { return file[0] == 0x1f; };
  require(is_gzip(labels) || equal(encode(set->labels, 1, {set->count}), labels),
          "labels that are encoded again are the same file");
  const ByteSpan pixels(set->pixels.data(), set->pixels.size());
  require(is_gzip(images) || equal(encode(pixels, 3, {set->count, set->height, set->width}), images),
          "images that are encoded again are the same file");
  return true;
}

}  // namespace normlab::fuzz
