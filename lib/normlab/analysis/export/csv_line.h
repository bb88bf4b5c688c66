// Comma-separated values (RFC 4180): one line.
#pragma once

#include <string>
#include <vector>

namespace normlab {

// The fields between commas, quoted where needed, with a line feed at the end.
std::string csv_line(const std::vector<std::string>& fields);

}  // namespace normlab
