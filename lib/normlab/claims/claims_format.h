// Verdicts as text.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/claims/claims_json.h"
#include "normlab/claims/claims_report.h"

namespace normlab {

const std::vector<std::string>& claims_format_names();  // "text", "markdown", "json", "html"

// RequestError naming `format` for a name that is none of these, and for one that this build lacks.
void require_claims_format(std::string_view name);

// The whole report as text that ends with a newline; never infinity. "html" reads the records of the claims'
// experiments for its charts. `out` is the folder of all results, which the commands in it name. Throws what
// require_claims_format() and, for "html", build_report() throw.
std::string render_claims(const ClaimsReport& report, std::string_view format,
                          const std::filesystem::path& out = default_claims_folder);

}  // namespace normlab
