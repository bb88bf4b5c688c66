#include "normlab/train/layer_statistics.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "normlab/kernels/optimizer_update.h"

namespace normlab {
namespace {

// The kernel squares in single precision, where gradients of deep networks vanish or overflow.
double squares_of(std::span<const float> values) {
  constexpr double least = 1e-30, most = 1e36;
  double sum = 0;
  sum_of_squares(SumOfSquares<float>{values.data(), static_cast<Index>(values.size()), &sum});
  if (sum >= least && sum <= most) return sum;
  sum = 0;
  for (const float value : values) sum += static_cast<double>(value) * value;
  return sum;
}

double weight_norm(const Graph<float>::Tracked& layer) {
  double squares = 0;
  for (const auto* parameter : layer.parameters) {
    if (parameter->role == ParameterRole::weight) squares += squares_of(parameter->data.span());
  }
  return std::sqrt(squares);
}

// Of a gradient (T, B, H), at 50 time steps at most, evenly spread from the first to the last.
void add_time_gradient_norms(const Tensor<float>& gradient, LayerStatistics& out) {
  constexpr Index most = 50;
  const Index steps = gradient.dimension(0), points = std::min(steps, most);
  const auto size = static_cast<std::size_t>(gradient.size() / steps);
  for (Index point = 0; point < points; ++point) {
    const Index step = points == 1 ? 0 : point * (steps - 1) / (points - 1);
    out.time_steps.push_back(step);
    out.time_gradient_norms.push_back(
        std::sqrt(squares_of(gradient.span().subspan(static_cast<std::size_t>(step) * size, size))));
  }
}

void add_activation_statistics(const Tensor<float>& activation, LayerStatistics& out) {
  double sum = 0, squares = 0;
  Index zeros = 0;
  for (const float a : activation.span()) {
    sum += a;
    zeros += a == 0.0F ? 1 : 0;
  }
  const double count = static_cast<double>(activation.size());
  out.activation_mean = sum / count;
  for (const float a : activation.span()) squares += (a - out.activation_mean) * (a - out.activation_mean);
  out.activation_deviation = std::sqrt(squares / count);
  out.activation_zero_fraction = static_cast<double>(zeros) / count;
}

}  // namespace

std::vector<LayerStatistics> layer_statistics(const Graph<float>& graph) {
  std::vector<LayerStatistics> statistics;
  for (const auto& layer : graph.tracked()) {
    LayerStatistics& out = statistics.emplace_back();
    out.name = layer.name;
    add_activation_statistics(layer.output->data, out);
    out.gradient_norm = std::sqrt(squares_of(layer.output->gradient.span()));
    double squares = 0;
    for (const auto* parameter : layer.parameters) squares += squares_of(parameter->gradient.span());
    out.parameter_gradient_norm = std::sqrt(squares);
    out.weight_norm = weight_norm(layer);
    if (layer.axes == TrackedAxes::time_first) add_time_gradient_norms(layer.output->gradient, out);
  }
  return statistics;
}

InitialLayers::InitialLayers(const Graph<float>& graph) {
  for (const auto& layer : graph.tracked()) weight_norms_.push_back(weight_norm(layer));
}

std::vector<LayerStatistics> InitialLayers::statistics(const Graph<float>& graph) const {
  std::vector<LayerStatistics> statistics = layer_statistics(graph);
  for (std::size_t i = 0; i < statistics.size(); ++i) statistics[i].weight_norm = weight_norms_.at(i);
  return statistics;
}

}  // namespace normlab
