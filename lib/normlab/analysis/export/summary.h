// What a sweep found, beside its records.
#pragma once

#include <filesystem>

namespace normlab {

// Writes FOLDER/summary.json and FOLDER/summary.csv from the records, each whole. Equal records give equal
// files.
void write_summary(const std::filesystem::path& folder);

}  // namespace normlab
