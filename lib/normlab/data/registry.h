// The data sets that `normlab data` lists and checks.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "normlab/data/dataset_spec.h"
#include "normlab/data/text_data.h"

namespace normlab {

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
