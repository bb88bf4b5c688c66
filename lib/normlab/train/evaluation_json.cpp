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
  if (!e.layers.empty()) out["layers"] = to_json(e.layers);
  if (e.modes) {
    out["modes"] = {{"training", to_json(e.modes->training, metrics)},
                    {"evaluation", to_json(e.modes->evaluation, metrics)}};
  }
  return out;
}

ordered_json to_json(const std::vector<LayerStatistics>& layers) {
  ordered_json list = ordered_json::array();
  for (const LayerStatistics& layer : layers) {
    ordered_json out = {{"name", layer.name},
                        {"activation",
                         {{"mean", layer.activation_mean},
                          {"deviation", layer.activation_deviation},
                          {"zero_fraction", layer.activation_zero_fraction}}},
                        {"gradient_norm", layer.gradient_norm},
                        {"parameter_gradient_norm", layer.parameter_gradient_norm},
                        {"weight_norm", layer.weight_norm}};
    if (!layer.time_steps.empty())
      out["time_gradient_norm"] = {{"step", layer.time_steps}, {"norm", layer.time_gradient_norms}};
    list.push_back(std::move(out));
  }
  return list;
}

namespace {

// What was not finite was written as null.
double number_or_nan(const json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

MetricValues metric_values(const json& part, const std::vector<Metric>& metrics) {
  MetricValues values;
  values.reserve(metrics.size());
  for (const Metric& metric : metrics) values.push_back(number_or_nan(part.at(metric.name)));
  return values;
}

void read_time_gradient_norms(const json& in, LayerStatistics& out) {
  if (!in.contains("time_gradient_norm")) return;
  in["time_gradient_norm"].at("step").get_to(out.time_steps);
  for (const json& norm : in["time_gradient_norm"].at("norm"))
    out.time_gradient_norms.push_back(number_or_nan(norm));
}

}  // namespace

std::vector<LayerStatistics> layers_from_json(const json& list) {
  std::vector<LayerStatistics> layers;
  for (const json& layer : list) {
    const json& activation = layer.at("activation");
    LayerStatistics& out = layers.emplace_back();
    out.name = layer.at("name");
    out.activation_mean = number_or_nan(activation.at("mean"));
    out.activation_deviation = number_or_nan(activation.at("deviation"));
    out.activation_zero_fraction = number_or_nan(activation.at("zero_fraction"));
    out.gradient_norm = number_or_nan(layer.at("gradient_norm"));
    out.parameter_gradient_norm = number_or_nan(layer.at("parameter_gradient_norm"));
    out.weight_norm = number_or_nan(layer.value("weight_norm", json()));  // older versions wrote none
    read_time_gradient_norms(layer, out);
  }
  return layers;
}

Evaluation evaluation_from_json(const json& in, const std::vector<Metric>& metrics) {
  Evaluation e{.epoch = in.at("epoch"),
               .step = in.at("step"),
               .samples = in.at("samples"),
               .learning_rate = in.at("learning_rate"),
               .train = metric_values(in.at("train"), metrics),
               .validation = metric_values(in.at("validation"), metrics),
               .gradient_norm = in.at("gradient_norm"),
               .train_seconds = in.at("seconds").at("train"),
               .evaluate_seconds = in.at("seconds").at("evaluate"),
               .elapsed_seconds = in.at("seconds").at("elapsed"),
               .cpu_seconds = in.at("cpu_seconds"),
               .layers = layers_from_json(in.value("layers", json::array())),
               .modes = {}};
  if (in.contains("modes")) {
    e.modes = ModeMetrics{.training = metric_values(in["modes"].at("training"), metrics),
                          .evaluation = metric_values(in["modes"].at("evaluation"), metrics)};
  }
  return e;
}

}  // namespace normlab
