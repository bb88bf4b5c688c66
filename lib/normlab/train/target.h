// "validation.error<=0.12": the condition that counts as converged.
#pragma once

#include <string>
#include <string_view>

#include "normlab/core/tensor.h"

namespace normlab {

enum class Split { train, validation };
enum class Metric { loss, error, bits_per_character };

// loss: mean cross-entropy in nats; error: fraction misclassified (next character, for text).
struct Metrics {
  double loss = 0;
  double error = 0;
  double bits_per_character() const;  // loss / ln 2
};

struct Target {
  Split split = Split::validation;
  Metric metric = Metric::error;
  double threshold = 0;

  bool reached(const Metrics& train, const Metrics& validation) const;
  std::string text() const;  // canonical form, "validation.error<=0.12"
};

// Parses "SPLIT.METRIC<=NUMBER"; blanks are allowed around the parts. Throws RequestError naming `target`.
// bits_per_character needs a text task.
Target parse_target(std::string_view text, bool text_task);

}  // namespace normlab
