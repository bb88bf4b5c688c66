#include "normlab/core/error.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include "normlab/core/text.h"

namespace normlab {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, substituted});
    }
  }
  return row.back();
}

}  // namespace

std::string nearest_name(std::string_view name, std::span<const std::string> candidates) {
  constexpr std::size_t longest_name = 1000;  // the time grows with the length, and nobody misspells that
  if (name.size() > longest_name) return "";
  std::string nearest;
  std::size_t best = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < best && distance < candidate.size()) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

void refuse(std::string_view field, std::string_view value, std::string_view allowed) {
  throw RequestError(fmt::format("{}: {} is not allowed; {}.", shortened(field), shortened(value), allowed));
}

void refuse_name(std::string_view field, std::string_view name, std::span<const std::string> known) {
  const std::string nearest = nearest_name(name, known);
  const std::string hint = nearest.empty() ? "" : fmt::format(" (did you mean {}?)", quotation(nearest));
  throw RequestError(fmt::format("{}: unknown name {}; known are {}{}.", shortened(field), quotation(name),
                                 fmt::join(known, ", "), hint));
}

}  // namespace normlab
