#include "normlab/data/splits.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "normlab/core/error.h"

namespace normlab {
namespace {

Index kept(std::string_view field, Index available, Index limit, std::string_view unit,
           std::string_view which) {
  if (limit < 0 || limit > available) {
    refuse(field, fmt::format("{}", limit),
           fmt::format("it must be 0 (all) to {}, the {} {}", available, unit, which));
  }
  return limit == 0 ? available : limit;
}

}  // namespace

Index held_out_count(Index count, double fraction, Index parts) {
  const std::string value = fmt::format("{}", fraction);
  const auto total = static_cast<double>(parts) * fraction;
  if (!(total > 0 && total < 1)) {
    refuse("dataset.validation_fraction", value,
           fmt::format("it must be above 0 and below {:g}", 1 / static_cast<double>(parts)));
  }
  const Index held_out = std::max<Index>(1, std::llround(fraction * static_cast<double>(count)));
  if (held_out * parts >= count) {
    refuse("dataset.validation_fraction", value,
           fmt::format("of {} samples nothing would be left to train on", count));
  }
  return held_out;
}

Index kept_for_training(Index available, Index limit, std::string_view unit) {
  return kept("dataset.train_limit", available, limit, unit, "that remain for training");
}

Index kept_for_validation(Index available, Index limit, std::string_view unit) {
  return kept("dataset.validation_limit", available, limit, unit, "of the validation part");
}

Index kept_for_test(Index available, Index limit, std::string_view unit) {
  return kept("dataset.test_limit", available, limit, unit, "of the test set");
}

}  // namespace normlab
