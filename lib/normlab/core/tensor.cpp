#include "normlab/core/tensor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace normlab {

std::string to_string(const Shape& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

}  // namespace normlab
