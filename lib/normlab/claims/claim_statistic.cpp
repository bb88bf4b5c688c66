#include "normlab/claims/claim_statistic.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "normlab/core/error.h"
#include "normlab/core/text.h"

namespace normlab {
namespace {

using nlohmann::json;

const std::string time_gradient_norm = "time_gradient_norm", mode_gap = "mode_gap";
const std::string parameter_gradient_ratio = "parameter_gradient_ratio";
const std::vector<std::string> moments{"start", "end"};

constexpr double least = std::numeric_limits<float>::min(), most = std::numeric_limits<float>::max();

double single_precision(const json& value) {
  return value.is_number() ? std::clamp(value.get<double>(), least, most) : most;
}

std::vector<double> norms_over_time(const json& layers) {
  std::vector<double> values;
  for (const json& layer : layers) {
    const json* norms = value_at(layer, "time_gradient_norm.norm");
    if (norms == nullptr || !norms->is_array()) continue;
    for (const json& norm : *norms) values.push_back(single_precision(norm));
    break;
  }
  return values;
}

std::optional<double> value_of_layer(const std::string& name, const json& layer) {
  if (name == parameter_gradient_ratio) {
    const auto parameters = value_of_layer("parameter_gradient_norm", layer);
    const auto outputs = value_of_layer("gradient_norm", layer);
    return parameters && outputs ? std::optional(*parameters / *outputs) : std::nullopt;
  }
  const json* value = value_at(layer, name);
  return value == nullptr ? std::nullopt : std::optional(single_precision(*value));
}

// The value of each hidden layer, or of each time step of the first layer that has them. Empty where the list
// does not tell.
std::vector<double> values_of(const std::string& name, const json& layers) {
  if (name == time_gradient_norm) return norms_over_time(layers);
  std::vector<double> values;
  for (const json& layer : layers) {
    const auto value = value_of_layer(name, layer);
    const json* layer_name = value_at(layer, "name");
    if (!value || layer_name == nullptr) return {};
    if (*layer_name != "output") values.push_back(*value);
  }
  return values;
}

double reduced(const std::vector<double>& values, const std::string& of) {
  const auto [smallest, largest] = std::ranges::minmax(values);
  const std::array numbers{values.front(), values.back(),      smallest,
                           largest,        largest / smallest, values.front() / values.back()};
  const auto place = std::ranges::find(statistic_reductions(), of) - statistic_reductions().begin();
  return numbers.at(static_cast<std::size_t>(place));
}

// Of the two losses over the same batches, relative to the one in evaluation.
std::optional<double> gap_of_modes(const json& evaluation) {
  const json* training = value_at(evaluation, "modes.training.loss");
  const json* test = value_at(evaluation, "modes.evaluation.loss");
  if (training == nullptr || test == nullptr || !training->is_number() || !test->is_number())
    return std::nullopt;
  const auto loss = test->get<double>();
  if (!(loss > 0)) return std::nullopt;
  return std::abs(training->get<double>() - loss) / loss;
}

}  // namespace

const std::vector<std::string>& statistic_names() {
  static const std::vector<std::string> names{
      "gradient_norm", "parameter_gradient_norm", parameter_gradient_ratio,
      "weight_norm",   "activation.deviation",    time_gradient_norm,
      mode_gap};
  return names;
}

const std::vector<std::string>& statistic_reductions() {
  static const std::vector<std::string> names{"first", "last", "smallest", "largest", "spread", "first/last"};
  return names;
}

RecordedStatistic read_statistic(const ClaimFields& fields) {
  fields.refuse_others({"statistic", "of", "at"});
  RecordedStatistic statistic{.name = statistic_names()[fields.name("statistic", statistic_names())],
                              .of = {},
                              .at_start = fields.name("at", moments) == 0};
  if (statistic.name != mode_gap) {
    statistic.of = statistic_reductions()[fields.name("of", statistic_reductions())];
  } else if (const Json* of = fields.find("of")) {
    refuse(fields.name_of("of"), shown(*of), "mode_gap is a single number, of which there is nothing to say");
  } else if (statistic.at_start) {
    refuse(fields.name_of("at"), "\"start\"", "mode_gap is known at evaluations, so that \"end\" is");
  }
  return statistic;
}

Json statistic_json(const RecordedStatistic& statistic) {
  Json json{{"statistic", statistic.name}};
  if (!statistic.of.empty()) json["of"] = statistic.of;
  json["at"] = moments[statistic.at_start ? 0 : 1];
  return json;
}

std::string statistic_text(const RecordedStatistic& statistic) {
  const std::string of = statistic.of.empty() ? "" : statistic.of + ", ";
  return fmt::format("{} ({}{})", with_blanks(statistic.name), of, moments[statistic.at_start ? 0 : 1]);
}

std::optional<std::string> why_not_recorded(const RecordedStatistic& statistic, const RunConfig& config) {
  const Tracking needed = statistic.name == mode_gap ? Tracking::modes : Tracking::layers;
  if (config.track != needed) {
    return fmt::format("its runs do not record that; \"track\": \"{}\" is",
                       needed == Tracking::modes ? "modes" : "layers");
  }
  const std::string model = config.model->name();
  const bool recurrent = model == "rnn" || model == "lstm" || model == "gru";
  if (statistic.name == time_gradient_norm && !recurrent)
    return fmt::format("the model {} has no time steps, and rnn, lstm or gru is", model);
  return std::nullopt;
}

std::optional<double> value_of(const RecordedStatistic& statistic, const json& record) {
  const json* at = value_at(record, "initial");
  if (!statistic.at_start) {
    const json* evaluations = value_at(record, "evaluations");
    const bool any = evaluations != nullptr && evaluations->is_array() && !evaluations->empty();
    at = any ? &evaluations->back() : nullptr;
  }
  if (at == nullptr) return std::nullopt;
  if (statistic.name == mode_gap) return gap_of_modes(*at);
  const json* layers = value_at(*at, "layers");
  if (layers == nullptr || !layers->is_array()) return std::nullopt;
  const std::vector<double> values = values_of(statistic.name, *layers);
  if (values.empty()) return std::nullopt;
  return reduced(values, statistic.of);
}

double largest_value(const RecordedStatistic& statistic) {
  const bool is_quotient =
      statistic.of == "spread" || statistic.of == "first/last" || statistic.name == parameter_gradient_ratio;
  return is_quotient ? most / least : most;
}

}  // namespace normlab
