// One run's record for people.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace normlab {

// Identity, config in a few lines, status, convergence, step time, test, the learning curve and what was
// tracked of the layers, in lines of at most 100 columns (UTF-8). `record` has to be a run record: see
// parse_run_record.
std::string render_record(const nlohmann::json& record);

// The same of a file. Throws RequestError naming FILE when it is not a run record.
std::string show_record(const std::filesystem::path& file);

}  // namespace normlab
