// "validation.error<=0.12": the condition that counts as converged.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "normlab/core/tensor.h"
#include "normlab/data/dataset_spec.h"

namespace normlab {

enum class Split { train, validation };
enum class Metric { loss, error, bits_per_character, bits_per_byte };

// loss: mean cross-entropy in nats; error: fraction misclassified (next character or byte, for text).
struct Metrics {
  double loss = 0;
  double error = 0;
  double bits() const;  // loss / ln 2: per character or byte of a text
};

struct Target {
  Split split = Split::validation;
  Metric metric = Metric::error;
  double threshold = 0;

  bool reached(const Metrics& train, const Metrics& validation) const;
  std::string text() const;  // canonical form, "validation.error<=0.12"
};

// Parses "SPLIT.METRIC<=NUMBER"; blanks are allowed around the parts. Throws RequestError naming `target`.
// `unit` is that of the text, or nothing for images; it decides which bits_per_… there is.
Target parse_target(std::string_view text, std::optional<TextUnit> unit);

// "bits_per_character" or "bits_per_byte".
std::string_view bits_name(TextUnit unit);

}  // namespace normlab
