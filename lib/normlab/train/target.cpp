#include "normlab/train/target.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <cmath>
#include <numbers>
#include <vector>

#include "normlab/core/error.h"
#include "normlab/data/text_data.h"

namespace normlab {
namespace {

const std::vector<std::string>& split_names() {
  static const std::vector<std::string> names{"train", "validation"};
  return names;
}

std::vector<std::string> metric_names(std::optional<TextUnit> unit) {
  std::vector<std::string> names{"loss", "error"};
  if (unit) names.emplace_back(bits_name(*unit));
  return names;
}

[[noreturn]] void refuse_form(std::string_view target, std::optional<TextUnit> unit) {
  refuse("target", fmt::format("\"{}\"", target),
         fmt::format("the form is SPLIT.METRIC<=NUMBER, for example \"validation.error<=0.12\", where "
                     "SPLIT is one of {} and METRIC one of {}",
                     fmt::join(split_names(), ", "), fmt::join(metric_names(unit), ", ")));
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

Split parse_split(std::string_view name) {
  if (name == "train") return Split::train;
  if (name == "validation") return Split::validation;
  if (name == "test")
    refuse("target", "\"test\"", "the test set is read once at the end; use validation or train");
  refuse_name("target", name, split_names());
}

Metric bits_metric(TextUnit unit) {
  return unit == TextUnit::byte ? Metric::bits_per_byte : Metric::bits_per_character;
}

[[noreturn]] void refuse_bits(std::string_view name, std::optional<TextUnit> unit) {
  refuse("target", fmt::format("\"{}\"", name),
         unit ? fmt::format("for a text in {} (dataset.unit) it is {}", plural_name(*unit), bits_name(*unit))
              : "images have the metrics loss and error");
}

Metric parse_metric(std::string_view name, std::optional<TextUnit> unit) {
  if (name == "loss") return Metric::loss;
  if (name == "error") return Metric::error;
  if (unit && name == bits_name(*unit)) return bits_metric(*unit);
  if (name == "bits_per_character" || name == "bits_per_byte") refuse_bits(name, unit);
  refuse_name("target", name, metric_names(unit));
}

double parse_threshold(std::string_view number, std::string_view whole, std::optional<TextUnit> unit) {
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc() || end != number.data() + number.size() || !std::isfinite(value)) {
    refuse_form(whole, unit);
  }
  if (value < 0) {
    refuse("target", fmt::format("\"{}\"", whole),
           "no loss or error is below 0, so a number of at least 0 is");
  }
  return value == 0 ? 0 : value;  // -0.0 is the same target as 0
}

std::string_view name_of(Metric metric) {
  switch (metric) {
    case Metric::loss:
      return "loss";
    case Metric::error:
      return "error";
    case Metric::bits_per_character:
      return bits_name(TextUnit::character);
    case Metric::bits_per_byte:
      return bits_name(TextUnit::byte);
  }
  return "";
}

double value_of(Metric metric, const Metrics& metrics) {
  switch (metric) {
    case Metric::loss:
      return metrics.loss;
    case Metric::error:
      return metrics.error;
    case Metric::bits_per_character:
    case Metric::bits_per_byte:
      return metrics.bits();
  }
  return 0;
}

}  // namespace

std::string_view bits_name(TextUnit unit) {
  return unit == TextUnit::byte ? "bits_per_byte" : "bits_per_character";
}

double Metrics::bits() const {
  return loss / std::numbers::ln2;
}

bool Target::reached(const Metrics& train, const Metrics& validation) const {
  return value_of(metric, split == Split::train ? train : validation) <= threshold;
}

std::string Target::text() const {
  return fmt::format("{}.{}<={}", split == Split::train ? "train" : "validation", name_of(metric), threshold);
}

Target parse_target(std::string_view text, std::optional<TextUnit> unit) {
  const auto comparison = text.find("<=");
  const auto point = text.find('.');
  if (comparison == std::string_view::npos || point == std::string_view::npos || point > comparison) {
    refuse_form(text, unit);
  }
  return {.split = parse_split(trim(text.substr(0, point))),
          .metric = parse_metric(trim(text.substr(point + 1, comparison - point - 1)), unit),
          .threshold = parse_threshold(trim(text.substr(comparison + 2)), text, unit)};
}

}  // namespace normlab
