// Verdicts as text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "normlab/claims/claims_report.h"

namespace normlab {

const std::vector<std::string>& claims_format_names();  // "text", "markdown", "json"

// The whole report as text that ends with a newline; never infinity. RequestError naming `format` for a name
// that is none of these.
std::string render_claims(const ClaimsReport& report, std::string_view format);

}  // namespace normlab
