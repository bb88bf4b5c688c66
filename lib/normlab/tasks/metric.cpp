#include "normlab/tasks/metric.h"

namespace normlab {

std::string_view better_name(Better better) {
  return better == Better::lower ? "lower" : "higher";
}

std::optional<Better> parse_better(std::string_view name) {
  for (const Better better : {Better::lower, Better::higher}) {
    if (name == better_name(better)) return better;
  }
  return std::nullopt;
}

std::string_view comparison(Better better) {
  return better == Better::lower ? "<=" : ">=";
}

}  // namespace normlab
