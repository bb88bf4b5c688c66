// What a run tracked of its layers, for terminals.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>

namespace normlab {

// A character for each value, from ▁ at `lowest` to █ at `highest` by the logarithm; · for one that is no
// number above 0. At most `width` characters: of more values, those at even distances, the last one included.
std::string sparkline(std::span<const double> values, double lowest, double highest, std::size_t width);

// A table of the layers at the last evaluation, and one of their gradients' course over all evaluations, in
// lines of at most 100 columns; "" when nothing was tracked. `record` is a whole run record.
std::string render_layers(const nlohmann::json& record);

}  // namespace normlab
