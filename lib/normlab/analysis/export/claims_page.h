// Verdicts on claims as one page for a browser, with what was measured to reach them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "normlab/core/json.h"

namespace normlab {

struct PageExperiment {
  std::filesystem::path folder;     // of its results
  std::vector<std::string> claims;  // ids of those that it is for
};

// First the verdicts, which are of the schema verdicts_schema (docs/claims-format.md), then what a report
// draws of each experiment that has runs; one that has no results yet is named. At most largest_page bytes,
// as render_html() keeps to it, with one stride for all. Throws what build_report() and
// require_page_library() throw.
std::string render_claims_page(const Json& verdicts, const std::vector<PageExperiment>& experiments);

}  // namespace normlab
