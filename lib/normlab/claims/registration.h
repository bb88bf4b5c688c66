// The rules by which a results folder is judged, written there before its first run (claims.json), so that a
// reader can check that they are no younger than the data.
#pragma once

#include <filesystem>
#include <string>

#include "normlab/claims/claims_file.h"

namespace normlab {

inline constexpr const char* registration_file = "claims.json";

// Adds the hashes of the claims file and of the experiment, with the time, the number of records (those of a
// search, its choice and what unfinished runs have shown included) and whether there are step times already,
// unless they stand there. A claims.json that is damaged is renamed with a
// warning. RunError when it cannot be written.
void register_rule(const std::filesystem::path& folder, const ClaimsFile& file,
                   const std::string& spec_sha256);

// "" when the folder has no such records and no step times, or the rule was there before them; otherwise a
// phrase that says what is wrong: "rule changed after the data".
std::string doubt_of_rule(const std::filesystem::path& folder, const ClaimsFile& file);

}  // namespace normlab
