#include "normlab/experiment/tune/search_points.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace normlab {
namespace {

constexpr double outer_share = 0.1;

double rounded(double x, const SearchRange& range) {
  const std::string digits = fmt::format("{:.4g}", x);
  double value = x;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return std::clamp(value, range.low, range.high);
}

Json value_in(const SearchSetting& setting, const SearchRange& range, double u) {
  const double width = range.high - range.low;
  switch (setting.kind) {
    case SearchKind::log:
      return rounded(range.low * std::pow(range.high / range.low, u), range);
    case SearchKind::linear:
      return rounded(range.low + width * u, range);
    case SearchKind::integer:
      return static_cast<std::int64_t>(range.low + std::floor((width + 1) * u));
    case SearchKind::choices:
      break;
  }
  const auto count = static_cast<double>(setting.choices.size());
  return setting.choices[static_cast<std::size_t>(std::floor(count * u))];
}

// In [0, 1], along the range.
double position_of(const SearchSetting& setting, const SearchRange& range, double value) {
  if (setting.kind == SearchKind::log) return std::log(value / range.low) / std::log(range.high / range.low);
  return (value - range.low) / (range.high - range.low);
}

}  // namespace

SearchBox whole_box(const std::vector<SearchSetting>& space) {
  SearchBox box;
  box.reserve(space.size());
  for (const SearchSetting& setting : space) box.push_back({setting.low, setting.high});
  return box;
}

Json point_in(const std::vector<SearchSetting>& space, const SearchBox& box, const ScrambledHalton& halton,
              std::uint64_t index) {
  Json point = Json::object();
  for (std::size_t i = 0; i < space.size(); ++i)
    point[space[i].path] = value_in(space[i], box[i], halton.at(index, static_cast<int>(i)));
  return point;
}

std::optional<RangeEnd> outer_end(const SearchSetting& setting, const SearchRange& range, const Json& value) {
  if (setting.kind == SearchKind::choices) return std::nullopt;
  const double position = position_of(setting, range, value.get<double>());
  if (position <= outer_share) return RangeEnd::lower;
  if (position >= 1 - outer_share) return RangeEnd::upper;
  return std::nullopt;
}

SearchRange range_beyond(const SearchSetting& setting, const SearchRange& range, const SearchRange& first,
                         RangeEnd end) {
  const bool upper = end == RangeEnd::upper;
  if (setting.kind == SearchKind::log) {
    const double factor = first.high / first.low;
    return upper ? SearchRange{range.high, range.high * factor} : SearchRange{range.low / factor, range.low};
  }
  const double gap = setting.kind == SearchKind::integer ? 1 : 0;
  const double width = first.high - first.low;
  return upper ? SearchRange{range.high + gap, range.high + gap + width}
               : SearchRange{range.low - gap - width, range.low - gap};
}

}  // namespace normlab
