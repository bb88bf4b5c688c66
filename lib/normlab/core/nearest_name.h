// What somebody meant who typed a name that is not known.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace normlab {

// The candidate that is called `name` elsewhere ("lr"), or has the smallest edit distance to it where that is
// near enough to be a misspelling (at most 2, or a third of the name's length), or is the only one that
// starts with it; otherwise "".
std::string nearest_name(std::string_view name, std::span<const std::string> candidates);

}  // namespace normlab
