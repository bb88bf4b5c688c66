// Where the data sets with a name live on disk, and what their files must contain.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/data/dataset_spec.h"
#include "normlab/data/idx.h"

namespace normlab {

// $NORMLAB_DATA_DIR, or ${XDG_DATA_HOME:-$HOME/.local/share}/normlab: where fetched data sets live.
std::filesystem::path data_directory();

// The folders where a named data set (fashion_mnist, mnist) is looked for, first to last.
std::vector<std::filesystem::path> search_folders(DatasetKind kind);

// The four files of fashion_mnist, mnist or idx. Throws RequestError that says how to get what is missing.
IdxFiles find_image_files(const DatasetSpec& spec);

// How messages about those files start: "dataset.path" for idx, "dataset fashion-mnist" and so on.
std::string image_files_field(const DatasetSpec& spec);

// True when the size and the checksum of the kind's files are recorded here.
bool has_known_contents(DatasetKind kind);

// Throws RequestError naming the file unless `content` is the recorded one; `which` counts in the order of
// IdxFiles. Accepts anything for a kind without records.
void require_known_content(DatasetKind kind, std::size_t which, const IdxContent& content,
                           const std::filesystem::path& file, std::string_view field);

}  // namespace normlab
