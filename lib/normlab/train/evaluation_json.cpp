#include "normlab/train/evaluation_json.h"

#include <limits>

namespace normlab {

using nlohmann::json;
using nlohmann::ordered_json;

ordered_json to_json(const MetricValues& values, const std::vector<Metric>& metrics) {
  ordered_json out = ordered_json::object();
  for (std::size_t i = 0; i < metrics.size(); ++i) out[metrics[i].name] = values.at(i);
  return out;
}

ordered_json to_json(const Evaluation& e, const std::vector<Metric>& metrics) {
  ordered_json out = {
      {"epoch", e.epoch},
      {"step", e.step},
      {"samples", e.samples},
      {"learning_rate", e.learning_rate},
      {"train", to_json(e.train, metrics)},
      {"validation", to_json(e.validation, metrics)},
      {"gradient_norm", e.gradient_norm},
      {"seconds",
       {{"train", e.train_seconds}, {"evaluate", e.evaluate_seconds}, {"elapsed", e.elapsed_seconds}}},
      {"cpu_seconds", e.cpu_seconds}};
  for (const LayerStatistics& layer : e.layers) {
    out["layers"].push_back({{"name", layer.name},
                             {"activation",
                              {{"mean", layer.activation_mean},
                               {"deviation", layer.activation_deviation},
                               {"zero_fraction", layer.activation_zero_fraction}}},
                             {"gradient_norm", layer.gradient_norm},
                             {"parameter_gradient_norm", layer.parameter_gradient_norm}});
  }
  return out;
}

namespace {

// What was not finite was written as null.
double number_or_nan(const json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

}  // namespace

Evaluation evaluation_from_json(const json& in, const std::vector<Metric>& metrics) {
  const auto values_of = [&](const json& part) {
    MetricValues values;
    values.reserve(metrics.size());
    for (const Metric& metric : metrics) values.push_back(part.at(metric.name));
    return values;
  };
  Evaluation e{.epoch = in.at("epoch"),
               .step = in.at("step"),
               .samples = in.at("samples"),
               .learning_rate = in.at("learning_rate"),
               .train = values_of(in.at("train")),
               .validation = values_of(in.at("validation")),
               .gradient_norm = in.at("gradient_norm"),
               .train_seconds = in.at("seconds").at("train"),
               .evaluate_seconds = in.at("seconds").at("evaluate"),
               .elapsed_seconds = in.at("seconds").at("elapsed"),
               .cpu_seconds = in.at("cpu_seconds"),
               .layers = {}};
  for (const json& layer : in.value("layers", json::array())) {
    const json& activation = layer.at("activation");
    e.layers.push_back({.name = layer.at("name"),
                        .activation_mean = number_or_nan(activation.at("mean")),
                        .activation_deviation = number_or_nan(activation.at("deviation")),
                        .activation_zero_fraction = number_or_nan(activation.at("zero_fraction")),
                        .gradient_norm = number_or_nan(layer.at("gradient_norm")),
                        .parameter_gradient_norm = number_or_nan(layer.at("parameter_gradient_norm"))});
  }
  return e;
}

}  // namespace normlab
