#include "normlab/core/error.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "normlab/core/nearest_name.h"
#include "normlab/core/text.h"

namespace normlab {

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
