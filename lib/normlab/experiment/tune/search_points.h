// Points of a search space: which values of its settings are tried.
#pragma once

#include <optional>
#include <vector>

#include "normlab/experiment/spec/tune_spec.h"
#include "normlab/statistics/halton.h"

namespace normlab {

// From `low` to `high`, in the unit of the setting; without a meaning for choices.
struct SearchRange {
  double low = 0, high = 0;
};

// A range for each setting of a space.
using SearchBox = std::vector<SearchRange>;

SearchBox whole_box(const std::vector<SearchSetting>& space);

// The settings of point `index` by their dotted paths. A log range is even in the logarithm; numbers have
// four significant digits, so that they can be read, said again and do not depend on a library's last bit.
Json point_in(const std::vector<SearchSetting>& space, const SearchBox& box, const ScrambledHalton& halton,
              std::uint64_t index);

enum class RangeEnd { lower, upper };

// Which end of the range the value is at: in its outer tenth, by width (of a log range, in the logarithm), or
// of integers the last one. Nothing in the middle, and for choices.
std::optional<RangeEnd> outer_end(const SearchSetting& setting, const SearchRange& range, const Json& value);

// What lies beyond that end, as wide as `first`: by factor for a log range, by difference otherwise; of
// integers, as many.
SearchRange range_beyond(const SearchSetting& setting, const SearchRange& range, const SearchRange& first,
                         RangeEnd end);

}  // namespace normlab
