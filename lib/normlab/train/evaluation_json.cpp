#include "normlab/train/evaluation_json.h"

#include <limits>

namespace normlab {

using nlohmann::json;
using nlohmann::ordered_json;

ordered_json to_json(const Metrics& metrics, std::optional<TextUnit> unit) {
  ordered_json out = {{"loss", metrics.loss}, {"error", metrics.error}};
  if (unit) out[std::string(bits_name(*unit))] = metrics.bits();
  return out;
}

ordered_json to_json(const Evaluation& e, std::optional<TextUnit> unit) {
  ordered_json out = {
      {"epoch", e.epoch},
      {"step", e.step},
      {"samples", e.samples},
      {"learning_rate", e.learning_rate},
      {"train", to_json(e.train, unit)},
      {"validation", to_json(e.validation, unit)},
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

Evaluation evaluation_from_json(const json& in) {
  const auto metrics = [](const json& m) { return Metrics{.loss = m.at("loss"), .error = m.at("error")}; };
  Evaluation e{.epoch = in.at("epoch"),
               .step = in.at("step"),
               .samples = in.at("samples"),
               .learning_rate = in.at("learning_rate"),
               .train = metrics(in.at("train")),
               .validation = metrics(in.at("validation")),
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
