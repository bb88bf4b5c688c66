#include "normlab/tasks/language_modelling.h"

#include <numbers>

#include "normlab/data/dataset_name.h"
#include "normlab/tasks/cross_entropy.h"

namespace normlab {
namespace {

MetricValues loss_error_and_bits(const MetricSums& sums) {
  MetricValues values = cross_entropy_values(sums);
  values.push_back(sums.mean_loss() / std::numbers::ln2);
  return values;
}

template <TextUnit unit>
bool is_text_in(const DatasetSpec& dataset) {
  return is_text(dataset) && dataset.unit == unit;
}

Task next_token_prediction(const char* bits, bool (*learns)(const DatasetSpec&)) {
  std::vector<Metric> metrics = cross_entropy_metrics();
  metrics.push_back({.name = bits, .unit = "bits", .better = Better::lower, .best = 0});
  return {.name = "language_modelling",
          .inputs = {std::string(input::tokens)},
          .samples = Samples::streams,
          .sums = cross_entropy_sums(),
          .metrics = std::move(metrics),
          .values = loss_error_and_bits,
          .exploded_loss = exploded_cross_entropy,
          .loss = cross_entropy(),
          .learns = learns};
}

}  // namespace

const Task& language_modelling(TextUnit unit) {
  static const Task characters = next_token_prediction("bits_per_character", is_text_in<TextUnit::character>);
  static const Task bytes = next_token_prediction("bits_per_byte", is_text_in<TextUnit::byte>);
  return unit == TextUnit::byte ? bytes : characters;
}

TaskShape language_modelling_of(TextUnit unit, Index vocabulary) {
  return {.task = &language_modelling(unit), .inputs = {TokenShape{vocabulary}}, .outputs = vocabulary};
}

}  // namespace normlab
