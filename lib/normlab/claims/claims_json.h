// Verdicts as JSON (docs/claims-format.md).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "normlab/claims/claims_report.h"
#include "normlab/core/json.h"

namespace normlab {

// Of all results, unless --out says another one.
inline constexpr std::string_view default_claims_folder = "results/claims";

// "normlab claims run claims/c1.json", for a shell: `part` of the command for the claim's file, with `out` as
// the folder of all results.
std::string claims_command(std::string_view part, const JudgedClaim& claim, const std::filesystem::path& out);

// With the schema verdicts_schema, and commands with that folder.
Json claims_json(const ClaimsReport& report, const std::filesystem::path& out = default_claims_folder);

}  // namespace normlab
