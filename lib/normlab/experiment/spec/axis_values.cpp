#include "normlab/experiment/spec/axis_values.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <unordered_set>

#include "normlab/core/error.h"

namespace normlab {

std::string value_key(const Json& value) {
  if (value.is_number_float()) {
    const double x = value.get<double>();
    constexpr double exact = 9007199254740992;  // 2^53
    if (x == std::floor(x) && std::abs(x) <= exact) return fmt::format("{}", static_cast<std::int64_t>(x));
  }
  if (!value.is_structured()) return value.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string key = value.is_object() ? "{" : "[";
  for (const auto& item : value.items()) {
    if (value.is_object()) key += Json(item.key()).dump(-1, ' ', false, Json::error_handler_t::replace) + ":";
    key += value_key(item.value()) + ",";
  }
  return key + (value.is_object() ? "}" : "]");
}

void require_values(const std::string& field, const std::vector<Json>& values) {
  if (values.empty()) refuse(field, "[]", "an axis lists at least one value; this one leaves nothing to run");
  std::unordered_set<std::string> seen;
  for (const Json& value : values) {
    if (seen.insert(value_key(value)).second) continue;
    refuse(field, shown(value), "it is listed twice, and each value may be listed once");
  }
}

bool takes_ranges(std::string_view path) {
  return path == "seed" || path == "batch_size";
}

std::optional<std::pair<std::uint64_t, std::uint64_t>> parse_range(std::string_view text) {
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos) return std::nullopt;
  std::uint64_t ends[2] = {};
  const std::string_view parts[2] = {text.substr(0, dots), text.substr(dots + 2)};
  for (int i = 0; i < 2; ++i) {
    const char* end = parts[i].data() + parts[i].size();
    const auto [rest, error] = std::from_chars(parts[i].data(), end, ends[i]);
    if (error != std::errc() || rest != end) return std::nullopt;
  }
  return std::pair{ends[0], ends[1]};
}

std::vector<Json> without_ranges(const std::string& path, const std::string& field,
                                 const std::vector<Json>& values) {
  constexpr std::uint64_t longest = 1'000'000;
  if (!takes_ranges(path)) return values;
  std::vector<Json> all;
  for (const Json& value : values) {
    const auto range = value.is_string() ? parse_range(value.get<std::string>()) : std::nullopt;
    if (!range) {
      all.push_back(value);
      continue;
    }
    const auto [first, last] = *range;
    if (first > last || last - first >= longest) {
      refuse(field, shown(value),
             fmt::format("a range FIRST..LAST of at most {} integers, the smaller first, is", longest));
    }
    for (std::uint64_t i = 0; i <= last - first; ++i) all.emplace_back(first + i);
  }
  return all;
}

}  // namespace normlab
