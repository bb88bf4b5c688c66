#include "normlab/data/idx.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "normlab/data/input_file.h"

namespace normlab {
namespace {

constexpr std::uint32_t images_magic = 0x00000803, labels_magic = 0x00000801;
constexpr std::uint64_t images_header_bytes = 16, labels_header_bytes = 8;
// Deflate needs at least a bit for every 258 bytes, twice (literal/length and distance): 1032 : 1 at the
// most.
constexpr std::uint64_t deflate_limit = 1032;

// What a header says, and how large the whole content must be for it to be true.
struct Header {
  IdxShape shape;
  std::uint64_t element_bytes = 0, total_bytes = 0;
};

std::uint32_t big_endian(const std::uint8_t* bytes) {
  return static_cast<std::uint32_t>(bytes[0]) << 24 | static_cast<std::uint32_t>(bytes[1]) << 16 |
         static_cast<std::uint32_t>(bytes[2]) << 8 | static_cast<std::uint32_t>(bytes[3]);
}

std::string_view kind_name(std::uint32_t magic) {
  return magic == images_magic ? "images" : "labels";
}

void require_magic(std::uint32_t found, std::uint32_t wanted, const InputFile& file, std::string_view field) {
  if (found == wanted) return;
  refuse_file(
      field, file.path(),
      fmt::format("starts with the magic number 0x{:08x}; an IDX file of {} (unsigned bytes, {}) starts "
                  "with 0x{:08x}",
                  found, kind_name(wanted), wanted == images_magic ? "rank 3" : "rank 1", wanted));
}

Header read_header(InputFile& file, std::uint32_t magic, std::string_view field) {
  const std::uint64_t bytes = magic == images_magic ? images_header_bytes : labels_header_bytes;
  std::array<std::uint8_t, images_header_bytes> raw{};
  const std::size_t found = file.read(raw.data(), static_cast<std::size_t>(bytes));
  if (found >= 4) require_magic(big_endian(raw.data()), magic, file, field);
  if (found < bytes) {
    refuse_file(field, file.path(),
                fmt::format("is truncated: {} bytes; the header of an IDX file of {} has {}", found,
                            kind_name(magic), bytes));
  }
  Header header;
  header.shape.count = big_endian(&raw[4]);
  if (magic == images_magic) {
    header.shape.height = big_endian(&raw[8]);
    header.shape.width = big_endian(&raw[12]);
  }
  const auto [count, height, width] = header.shape;
  if (count == 0 || height == 0 || width == 0) {
    refuse_file(field, file.path(),
                fmt::format("holds nothing ({} samples of {} x {}); at least one sample is needed", count,
                            height, width));
  }
  if (__builtin_mul_overflow(static_cast<std::uint64_t>(count),
                             static_cast<std::uint64_t>(height) * static_cast<std::uint64_t>(width),
                             &header.element_bytes) ||
      __builtin_add_overflow(header.element_bytes, bytes, &header.total_bytes)) {
    refuse_file(
        field, file.path(),
        fmt::format("claims {} samples of {} x {}, more than any file can hold", count, height, width));
  }
  return header;
}

[[noreturn]] void refuse_size(const InputFile& file, const Header& header, std::uint64_t found,
                              std::string_view field) {
  const bool short_file = found < header.total_bytes;
  refuse_file(
      field, file.path(),
      fmt::format(
          "{}: its header claims {} samples of {} x {}, which are {} bytes with the header, and it has "
          "{}{}",
          short_file ? "is truncated" : "has bytes after its end", header.shape.count, header.shape.height,
          header.shape.width, header.total_bytes, short_file ? "" : "at least ", found));
}

// Before anything is allocated: can the file hold what its header claims?
void require_plausible_size(const InputFile& file, const Header& header, std::string_view field) {
  if (!file.is_gzip() && file.expected_bytes() != header.total_bytes) {
    refuse_size(file, header, file.expected_bytes(), field);
  }
  if (file.is_gzip() && header.total_bytes / deflate_limit > file.stored_bytes()) {
    refuse_file(
        field, file.path(),
        fmt::format("claims {} samples of {} x {}, more than {} bytes of gzip can hold", header.shape.count,
                    header.shape.height, header.shape.width, file.stored_bytes()));
  }
}

Bytes read_elements(InputFile& file, const Header& header, std::string_view field) {
  require_plausible_size(file, header, field);
  Bytes elements = file.take(header.element_bytes);
  std::uint8_t beyond = 0;
  if (elements.size() == header.element_bytes) file.read(&beyond, 1);  // also makes zlib check the trailer
  if (file.content_bytes() != header.total_bytes) refuse_size(file, header, file.content_bytes(), field);
  return elements;
}

void note_content(const InputFile& file, IdxContent* content) {
  if (content != nullptr) *content = {file.content_bytes(), file.content_crc32()};
}

std::string all_names(std::string_view part, std::string_view prefixes, int rank) {
  return fmt::format("{}-{}-idx{}-ubyte or {}-{}.idx{}-ubyte, plain or with .gz", prefixes, part, rank,
                     prefixes, part, rank);
}

std::filesystem::path find_file(const std::filesystem::path& folder, std::string_view part, int rank,
                                bool test, std::string_view field) {
  for (const std::string_view prefix : test ? std::array{"t10k", "test"} : std::array{"train", "train"}) {
    for (const std::string_view separator : {"-", "."}) {
      for (const std::string_view suffix : {"", ".gz"}) {
        std::filesystem::path file =
            folder / fmt::format("{}-{}{}idx{}-ubyte{}", prefix, part, separator, rank, suffix);
        std::error_code ignored;
        if (std::filesystem::exists(file, ignored)) return file;
      }
    }
  }
  refuse_file(field, folder,
              fmt::format("has no file of {} {}; it must be named {}", test ? "test" : "training", part,
                          all_names(part, test ? "(t10k|test)" : "train", rank)));
}

int count_classes(const std::vector<std::uint8_t>& labels, const std::filesystem::path& file,
                  std::string_view field) {
  const auto [smallest, largest] = std::minmax_element(labels.begin(), labels.end());
  if (*smallest == *largest) {
    refuse_file(field, file, fmt::format("holds a single class ({}); at least two are needed", *largest));
  }
  return *largest + 1;
}

void require_classes(const std::vector<std::uint8_t>& labels, int classes, const std::filesystem::path& file,
                     std::string_view field) {
  const auto beyond =
      std::find_if(labels.begin(), labels.end(), [classes](std::uint8_t label) { return label >= classes; });
  if (beyond == labels.end()) return;
  refuse_file(field, file,
              fmt::format("gives sample {} the label {}; the training set has the labels 0 to {}",
                          beyond - labels.begin(), *beyond, classes - 1));
}

IdxShape check_images(const std::filesystem::path& path, std::string_view field) {
  InputFile file(path, std::string(field));
  const Header header = read_header(file, images_magic, field);
  require_plausible_size(file, header, field);
  // The trailer of a sound gzip file of one member gives its size. When it does not fit, only inflating tells
  // whether the file has several members or is broken. Children are given what they will read at their end.
  const bool unsure = file.is_gzip() && file.expected_bytes() != (header.total_bytes & 0xffffffff);
  if (unsure || unpacked_files().sharing()) {
    read_elements(file, header, field);
  }
  return header.shape;
}

std::vector<std::uint8_t> read_labels(const std::filesystem::path& path, std::string_view field,
                                      IdxContent* content) {
  InputFile file(path, std::string(field));
  const Header header = read_header(file, labels_magic, field);
  const Bytes labels = read_elements(file, header, field);
  note_content(file, content);
  return {labels.begin(), labels.end()};
}

void require_equal_counts(Index images, const std::filesystem::path& images_file, Index labels,
                          const std::filesystem::path& labels_file, std::string_view field) {
  if (images == labels) return;
  refuse_file(field, labels_file,
              fmt::format("holds {} labels and {} holds {} images; the counts must agree", labels,
                          images_file.filename().string(), images));
}

}  // namespace

IdxFiles find_idx_files(const std::filesystem::path& folder, std::string_view field) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored)) {
    refuse_file(field, folder,
                std::filesystem::exists(folder, ignored)
                    ? "is not a folder; a folder with four IDX files is needed"
                    : "does not exist; a folder with four IDX files is needed");
  }
  return {find_file(folder, "images", 3, false, field), find_file(folder, "labels", 1, false, field),
          find_file(folder, "images", 3, true, field), find_file(folder, "labels", 1, true, field)};
}

IdxShape check_idx(const std::filesystem::path& images, const std::filesystem::path& labels, int classes,
                   std::string_view field, IdxContent* labels_content) {
  const std::vector<std::uint8_t> values = read_labels(labels, field, labels_content);
  const IdxShape shape = check_images(images, field);
  require_equal_counts(shape.count, images, static_cast<Index>(values.size()), labels, field);
  require_classes(values, classes, labels, field);
  return shape;
}

ImageSet read_idx(const std::filesystem::path& images, const std::filesystem::path& labels, int classes,
                  std::string_view field, IdxContent* contents) {
  ImageSet set;
  set.labels = read_labels(labels, field, contents == nullptr ? nullptr : &contents[1]);
  InputFile file(images, std::string(field));
  const Header header = read_header(file, images_magic, field);
  require_plausible_size(file, header, field);
  require_equal_counts(header.shape.count, images, static_cast<Index>(set.labels.size()), labels, field);
  set.classes = classes > 0 ? classes : count_classes(set.labels, labels, field);
  require_classes(set.labels, set.classes, labels, field);
  set.pixels = read_elements(file, header, field);
  note_content(file, contents);
  set.count = header.shape.count;
  set.height = header.shape.height;
  set.width = header.shape.width;
  return set;
}

}  // namespace normlab
