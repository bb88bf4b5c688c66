// What a sweep found, beside its records.
#pragma once

#include <filesystem>

#include "normlab/analysis/report.h"

namespace normlab {

// Writes FOLDER/summary.json and FOLDER/summary.csv from the report of its records, each whole. Equal reports
// give equal files.
void write_summary(const std::filesystem::path& folder, const Report& report);

}  // namespace normlab
