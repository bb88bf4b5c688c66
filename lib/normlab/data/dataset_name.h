// The names of data sets, as `--dataset` and configs say them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/data/dataset_spec.h"

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

// Where a fetched text is, or would be.
std::filesystem::path fetched_text(std::string_view name);

}  // namespace normlab
