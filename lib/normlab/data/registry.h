// The data sets by name, as `--dataset` and `normlab data` know them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/data/dataset_spec.h"
#include "normlab/data/standard_files.h"
#include "normlab/data/text_data.h"

namespace normlab {

// "fashion-mnist", "mnist", "idx:FOLDER", "text:FILE", "synthetic". Sets kind and path, leaves the rest at
// its defaults. Throws RequestError naming `dataset`. Looks at no file.
DatasetSpec parse_dataset(std::string_view name);

// The inverse: "idx:FOLDER" and so on.
std::string dataset_name(const DatasetSpec& spec);

inline bool is_text(const DatasetSpec& spec) {
  return spec.kind == DatasetKind::text;
}

// The texts that `normlab data fetch` gets, by their bare names.
const std::vector<std::string>& fetched_texts();

// Where a text is: spec.path, or for a bare name of a fetched text ("text:bible"), unless a file of that name
// is here, its place in data_directory(). Throws RequestError naming dataset.path when it was not fetched,
// and for a missing file whose name is nearly one of those.
std::filesystem::path text_file(const DatasetSpec& spec);

struct DatasetListing {
  std::string name;         // as --dataset takes it
  std::string description;  // one line
  std::string location;     // where it was found, or how to get it
  bool present = false;
};

// What `normlab data list` prints: every known data set, and the texts that were fetched.
std::vector<DatasetListing> list_datasets();

struct CheckedFile {
  std::filesystem::path path;
  std::uint64_t bytes = 0;  // decompressed
  std::uint32_t crc32 = 0;  // of the decompressed content
  bool known = false;       // size and checksum were compared with recorded ones, and equal them
};

struct DatasetReport {
  std::string name;
  std::vector<CheckedFile> files;
  Index train_samples = 0, validation_samples = 0, test_samples = 0;  // characters or bytes for text
  Index height = 0, width = 0;                                        // images
  int classes = 0;                                                    // the size of a text's vocabulary
  std::optional<TextFormat> text_format;                              // text
};

// Reads everything, the test set included, and says what was there. Throws RequestError as load_images and
// load_text do.
DatasetReport check_dataset(const DatasetSpec& spec);

}  // namespace normlab
