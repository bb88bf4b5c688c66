// The IDX format of the MNIST family: big-endian magic number (two zero bytes, the element type, the rank),
// one 32-bit size per dimension, then the elements. Only unsigned bytes (type 0x08) are read: rank 3 for
// images (0x00000803), rank 1 for labels (0x00000801). Files may be plain or gzip; the content decides, not
// the name.
//
// Everything here throws RequestError: "FIELD: FILE ..., ALLOWED." where `field` is "dataset.path" or the
// name of the data set, when a folder or file is missing, has another magic number, is truncated, has bytes
// after its end, holds no samples, claims more than it can hold, disagrees with its partner, or is corrupt
// gzip.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "normlab/core/tensor.h"
#include "normlab/data/image_set.h"

namespace normlab {

// The four files of an image data set.
struct IdxFiles {
  std::filesystem::path train_images, train_labels, test_images, test_labels;
};

// Finds the files under their usual names: train-, and t10k- or test-; images-idx3-ubyte or
// images.idx3-ubyte; with and without .gz.
IdxFiles find_idx_files(const std::filesystem::path& folder, std::string_view field);

// What is known about a file before it is read.
struct IdxContent {
  std::uint64_t bytes = 0;  // decompressed, header included
  std::uint32_t crc32 = 0;  // of the decompressed content
};

struct IdxShape {
  Index count = 0, height = 1, width = 1;
};

// Checks a pair of files as read_idx does, labels included, without reading the pixels. `labels_content`,
// when given, receives the labels' size and checksum.
IdxShape check_idx(const std::filesystem::path& images, const std::filesystem::path& labels, int classes,
                   std::string_view field, IdxContent* labels_content = nullptr);

// Reads images and labels. `classes` is the number allowed for the labels; 0 sets it to the largest label +
// 1, which must be at least 2. When `contents` is given it receives {images, labels}'s size and checksum (two
// entries).
ImageSet read_idx(const std::filesystem::path& images, const std::filesystem::path& labels, int classes,
                  std::string_view field, IdxContent* contents = nullptr);

}  // namespace normlab
